"""What a query can make go wrong, on purpose."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import math
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conformance_plugin import frames
from plugin_sdk import DataQuery
from plugin_sdk.data import Field, FieldType, Frame

log = logging.getLogger("conformance")

Model = dict[str, Any]


class Stop(BaseException):
    """Not an Exception, on purpose."""


def base_exception(_query: DataQuery[Model], asked: Model) -> Any:
    raise Stop(asked.get("text", ""))


def system_exit(_query: DataQuery[Model], _asked: Model) -> Any:
    raise SystemExit(3)


def nothing(_query: DataQuery[Model], _asked: Model) -> Any:
    return None


def no_frame(_query: DataQuery[Model], _asked: Model) -> Any:
    return object()


def silent_error(_query: DataQuery[Model], _asked: Model) -> Any:
    raise ValueError


def surrogate_error(_query: DataQuery[Model], _asked: Model) -> Any:
    raise ValueError("lone surrogate \ud800 here")


def raise_named(_query: DataQuery[Model], asked: Model) -> Any:
    """Raise one of Python's own exceptions."""
    import builtins

    kinds = {"CancelledError": asyncio.CancelledError}
    raise (kinds.get(asked["name"]) or getattr(builtins, asked["name"]))("as asked")


def chained(_query: DataQuery[Model], _asked: Model) -> Any:
    try:
        raise TimeoutError("the database did not answer")
    except TimeoutError as error:
        raise RuntimeError("cannot answer") from error


def hang(_query: DataQuery[Model], _asked: Model) -> Any:
    while True:
        time.sleep(60)


def sleep(_query: DataQuery[Model], asked: Model) -> Any:
    time.sleep(asked["ms"] / 1000)
    return frames.text("slept")


def cpu(_query: DataQuery[Model], asked: Model) -> Any:
    end = time.monotonic() + asked["ms"] / 1000
    total = 0
    while time.monotonic() < end:
        total += sum(range(1000))
    return frames.text(str(total))


def hold_gil(_query: DataQuery[Model], asked: Model) -> Any:
    # PyDLL, unlike CDLL, keeps the GIL while the C function sleeps.
    ctypes.PyDLL(None).usleep(asked["ms"] * 1000)
    return frames.text("held")


def big(_query: DataQuery[Model], asked: Model) -> Any:
    return Frame("big", Field("text", ["x" * asked["bytes"]], type=FieldType.STRING))


def size(query: DataQuery[Model], _asked: Model) -> Any:
    return frames.text(str(len(query.json)))


def stdout(_query: DataQuery[Model], asked: Model) -> Any:
    """Write one long line to stdout in each way a program can."""
    line = b"x" * asked["bytes"] + b"\n"
    print("printed " + "y" * asked["bytes"])  # noqa: T201  # what authors do
    sys.stdout.flush()
    os.write(1, line)
    subprocess.run([sys.executable, "-c", f"print('z' * {asked['bytes']})"], check=True)
    return frames.text("written")


def stderr(_query: DataQuery[Model], asked: Model) -> Any:
    """Write lines to the stderr of the process, from Python and from a child."""
    if asked.get("child"):
        subprocess.run(
            [sys.executable, "-c", "import sys; sys.stderr.write(sys.argv[1])", asked["text"]], check=True
        )
    else:
        sys.stderr.write(asked["text"])
        sys.stderr.flush()
    return frames.text("written")


def log_odd(_query: DataQuery[Model], asked: Model) -> Any:
    """Log what a JSON line cannot take as it is."""
    kind = asked["kind"]
    if kind == "nan":
        log.info("not a number", extra={"nan": math.nan, "inf": math.inf, "nested": {"minus": -math.inf}})
    elif kind == "surrogate":
        log.info("half a \ud83d pair", extra={"text": "\udc00"})
    elif kind == "long":
        log.warning("long line " + "l" * 1_000_000, extra={"kept": "yes"})
    elif kind == "reserved":
        log.info("reserved keys", extra={"@message": 5, "@level": None, "@timestamp": 7, "timestamp": "x"})
    elif kind == "object":
        log.info("object", extra={"thing": object(), "set": {1}, "bytes": b"\xff"})
    elif kind == "newline":
        log.info("two\nlines")
    elif kind == "unicode":
        log.info(asked["text"], extra={"kv": asked["text"]})
    elif kind == "levels":
        for name in ("debug", "info", "warning", "error", "critical"):
            getattr(log, name)("at " + name)
    elif kind == "exception":
        try:
            raise KeyError("lost")
        except KeyError:
            log.exception("it went wrong")
    return frames.text(kind)


def uncaught(_query: DataQuery[Model], asked: Model) -> Any:
    """Let an exception reach each of Python's last resorts."""
    kind = asked["kind"]
    if kind == "thread":
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    elif kind == "warning":
        import warnings

        warnings.warn("about to change", DeprecationWarning, stacklevel=1)
        warnings.warn("take care", UserWarning, stacklevel=1)
    elif kind == "traceback":
        import traceback

        try:
            raise LookupError("printed by hand")
        except LookupError:
            traceback.print_exc()
    return frames.text(kind)


def thread_left(_query: DataQuery[Model], _asked: Model) -> Any:
    """Leave a thread that would keep the interpreter from ending, and a child process."""
    threading.Thread(target=time.sleep, args=(3600,), daemon=False).start()
    child = subprocess.Popen(["/bin/sleep", "3600"])
    return frames.text(str(child.pid))


def spawn(_query: DataQuery[Model], _asked: Model) -> Any:
    """Work in a child made by multiprocessing's spawn method."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        doubled = pool.apply(_double, (21,))
    return frames.text(
        {"doubled": doubled, "executable": sys.executable, "method": multiprocessing.get_start_method()}
    )


def _double(number: int) -> int:
    return number * 2


def child_sockets(_query: DataQuery[Model], _asked: Model) -> Any:
    """List the sockets that a child which closes nothing inherits."""
    listing = subprocess.run(
        ["/bin/ls", "-l", "/proc/self/fd"], close_fds=False, capture_output=True, text=True, check=True
    )
    return frames.text({"sockets": listing.stdout.count("socket:"), "listing": listing.stdout})


def process(_query: DataQuery[Model], _asked: Model) -> Any:
    return frames.text({"cwd": str(Path.cwd()), "pid": os.getpid(), "encoding": sys.stdout.encoding})


def die(_query: DataQuery[Model], _asked: Model) -> Any:
    os.kill(os.getpid(), 9)


def stop_server(_query: DataQuery[Model], _asked: Model) -> Any:
    """Stop every gRPC server of this process behind the runtime's back."""
    import gc

    import grpc

    for found in gc.get_objects():
        if isinstance(found, grpc.Server):
            found.stop(grace=0)
    return frames.text("stopped")


def odd_numbers(_query: DataQuery[Model], _asked: Model) -> Any:
    numbers = [1.0, math.nan, math.inf, -math.inf, None]
    return Frame("odd", Field("value", numbers, type=FieldType.FLOAT64))


def threads(_query: DataQuery[Model], _asked: Model) -> Any:
    return frames.text(json.dumps(sorted(thread.name for thread in threading.enumerate())))


ACTIONS: dict[str, Callable[[DataQuery[Model], Model], Any]] = {
    "base-exception": base_exception,
    "system-exit": system_exit,
    "nothing": nothing,
    "no-frame": no_frame,
    "silent-error": silent_error,
    "surrogate-error": surrogate_error,
    "raise": raise_named,
    "chained": chained,
    "hang": hang,
    "sleep": sleep,
    "cpu": cpu,
    "gil": hold_gil,
    "big": big,
    "size": size,
    "stdout": stdout,
    "stderr": stderr,
    "log-odd": log_odd,
    "uncaught": uncaught,
    "thread-left": thread_left,
    "spawn": spawn,
    "child-sockets": child_sockets,
    "process": process,
    "die": die,
    "stop-server": stop_server,
    "odd-numbers": odd_numbers,
    "threads": threads,
}
