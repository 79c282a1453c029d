"""Data sources whose handlers break what the whole interpreter shares: modules, builtins, hooks, streams, limits."""

from __future__ import annotations

import _imp
import asyncio
import builtins
import concurrent.futures
import faulthandler
import gc
import json
import logging
import logging.config
import os
import resource as limits
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from conformance_plugin import frames
from plugin_sdk import CheckHealthResult, DataQuery, DataSource, resource, stream

Model = dict[str, Any]


def fail(*_: Any, **__: Any) -> Any:
    """Fail as a broken stand-in does."""
    raise RuntimeError("broken by the handler")


def lowest_recursion_limit() -> None:
    for limit in range(1, 200):
        try:
            sys.setrecursionlimit(limit)
        except RecursionError:
            continue
        return


def leave_folder() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)


def replace(owner: Any, *names: str, by: Any = None) -> Callable[[], None]:
    def act() -> None:
        for name in names:
            setattr(owner, name, by)

    return act


def limit(number: int, value: int) -> Callable[[], None]:
    return lambda: limits.setrlimit(number, (value, limits.getrlimit(number)[1]))


def negated(name: str) -> Callable[[], Any]:
    function = getattr(time, name)
    return lambda: -function()


def hook(event: str) -> Callable[[], None]:
    def audit(name: str, _arguments: object) -> None:
        if name == event:
            raise RuntimeError("refused by the handler's audit hook")

    return lambda: sys.addaudithook(audit)


def aside(function: Callable[..., Any], *arguments: Any, kept: bool = False) -> None:
    """Call a function in a thread; one that is kept lives on with what it has acquired."""

    def run() -> None:
        function(*arguments)
        if kept:
            threading.Event().wait()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    time.sleep(0.1)


def hold(*locks: Any) -> None:
    aside(lambda: [lock.acquire() for lock in locks], kept=True)


class Hanging(logging.Handler):
    """Never comes back with a record."""

    def emit(self, _record: logging.LogRecord) -> None:
        threading.Event().wait()


ACTS: dict[str, Callable[[], Any]] = {
    # modules
    "sys.modules cleared": lambda: sys.modules.clear(),
    "sys.modules replaced": replace(sys, "modules", by={}),
    "sys.modules without ours": lambda: [
        sys.modules.pop(name) for name in list(sys.modules) if name.startswith(("plugin_sdk", "grpc"))
    ],
    "sys.modules without the standard library's": lambda: [
        sys.modules.pop(name)
        for name in ("os", "threading", "time", "json", "logging", "traceback", "asyncio")
    ],
    "sys.modules['threading'] = None": lambda: sys.modules.update({"threading": None, "json": None}),  # type: ignore[dict-item]
    "sys.path cleared": lambda: sys.path.clear(),
    "sys.meta_path cleared": lambda: sys.meta_path.clear(),
    "sys.path_hooks cleared": lambda: (sys.path_hooks.clear(), sys.path_importer_cache.clear()),
    "os module emptied": lambda: vars(os).clear(),
    "threading module emptied": lambda: vars(threading).clear(),
    # builtins
    "builtins cleared": lambda: vars(builtins).clear(),
    "len is None": replace(builtins, "len"),
    "isinstance fails": replace(builtins, "isinstance", by=fail),
    "__import__ is None": replace(builtins, "__import__"),
    "__import__ fails": replace(builtins, "__import__", by=fail),
    "open and print are None": replace(builtins, "open", "print"),
    "BaseException is None": replace(builtins, "BaseException", "Exception"),
    # hooks
    "threading.excepthook is None": replace(threading, "excepthook"),
    "sys.excepthook is None": replace(sys, "excepthook"),
    "sys.unraisablehook is None": replace(sys, "unraisablehook"),
    "an audit hook refuses imports": hook("import"),
    "a trace function fails": lambda: getattr(threading, "settrace_all_threads", threading.settrace)(fail),
    "a profile function fails": lambda: getattr(threading, "setprofile_all_threads", threading.setprofile)(
        fail
    ),
    # streams
    "sys.stderr is None": replace(sys, "stderr", "stdout", "__stderr__", "__stdout__"),
    "sys.stdin is None": replace(sys, "stdin", "__stdin__"),
    "sys.stderr closed": lambda: (sys.stderr.close(), sys.stdout.close()),
    "descriptors 0 to 2 closed": lambda: os.closerange(0, 3),
    "descriptors 3 to 400 closed": lambda: os.closerange(3, 400),
    "descriptors 0 to 400 closed": lambda: os.closerange(0, 400),
    "descriptors 3 to 400 are of /dev/null": lambda: [
        os.dup2(null, number) for null in [os.open("/dev/null", os.O_RDWR)] for number in range(3, 400)
    ],
    # logging, warnings
    "logging.shutdown": lambda: logging.shutdown(),
    "no handlers": lambda: logging.getLogger().handlers.clear(),
    "logging configured anew": lambda: logging.config.dictConfig({"version": 1}),
    "logging.disable": lambda: logging.disable(logging.CRITICAL),
    "logging's methods fail": lambda: (
        replace(logging.Logger, "_log", "handle", by=fail)(),
        replace(logging.Handler, "handle", by=fail)(),
    ),
    "warnings are errors": lambda: warnings.simplefilter("error"),
    # the process
    "os.environ cleared": lambda: os.environ.clear(),
    "folder removed": leave_folder,
    "umask 0o777": lambda: os.umask(0o777),
    "session of its own": lambda: os.setsid(),
    "recursion limit": lowest_recursion_limit,
    "switch interval of an hour": lambda: sys.setswitchinterval(3600),
    "gc disabled": lambda: (gc.disable(), gc.freeze()),
    "gc callback fails": lambda: (gc.callbacks.append(fail), gc.collect()),
    "stack size of threads": lambda: threading.stack_size(32768),
    # signals
    "signals blocked": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32)),
    "SIGTERM to itself": lambda: os.kill(os.getpid(), signal.SIGTERM),
    "SIGINT to itself": lambda: os.kill(os.getpid(), signal.SIGINT),
    "SIGHUP to itself": lambda: os.kill(os.getpid(), signal.SIGHUP),
    "SIGKILL to itself": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "SIGABRT": lambda: os.abort(),
    "an alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 0.2),
    "os._exit": lambda: os._exit(3),
    "os._exit(0)": lambda: os._exit(0),
    # faulthandler
    "faulthandler disabled": lambda: (faulthandler.disable(), faulthandler.cancel_dump_traceback_later()),
    "faulthandler's functions fail": replace(
        faulthandler, "dump_traceback_later", "cancel_dump_traceback_later", by=fail
    ),
    "faulthandler ends the process": lambda: faulthandler.dump_traceback_later(0.2, exit=True),
    # functions of modules that we use
    "Thread.start fails": replace(threading.Thread, "start", by=fail),
    "threading's classes are None": replace(
        threading, "Thread", "Lock", "RLock", "Event", "Condition", "get_ident", "current_thread"
    ),
    "Event.wait returns": replace(threading.Event, "wait", by=lambda *_: False),
    "Condition.wait fails": replace(threading.Condition, "wait", by=fail),
    "time is None": replace(time, *[name for name in dir(time) if not name.startswith("__")]),
    "time stands": lambda: [
        setattr(time, name, lambda: 0) for name in ("time", "monotonic", "perf_counter", "time_ns")
    ],
    "time goes back": lambda: [
        setattr(time, name, negated(name))
        for name in ("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns")
    ],
    "sleep fails": replace(time, "sleep", by=fail),
    "sleep returns": replace(time, "sleep", by=lambda _seconds: None),
    "os.write fails": replace(os, "write", "read", by=fail),
    "os._exit fails": replace(os, "_exit", by=fail),
    "os is None": replace(os, *[name for name in dir(os) if not name.startswith("__")]),
    "json fails": lambda: (
        replace(json, "dumps", "loads", by=fail)(),
        replace(json.JSONEncoder, "encode", "iterencode", by=fail)(),
    ),
    "submit fails": replace(concurrent.futures.ThreadPoolExecutor, "submit", by=fail),
    "pools shut down": lambda: concurrent.futures.thread._python_exit(),
    "threads joined": lambda: threading._shutdown(),  # type: ignore[attr-defined]
    "socket timeout": lambda: socket.setdefaulttimeout(0.000001),
    "socket is None": replace(socket, "socket", "create_connection"),
    "asyncio's functions fail": replace(
        asyncio, "new_event_loop", "run_coroutine_threadsafe", "get_running_loop", "current_task", by=fail
    ),
    "event loop policy": lambda: asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy()),
    # locks
    "a logging handler hangs": lambda: (
        logging.getLogger().addHandler(Hanging()),
        aside(logging.getLogger("hanging").error, "a line"),
    ),
    "the logging locks are held": lambda: hold(
        logging._lock, *[handler.lock for handler in logging.getLogger().handlers]
    ),
    "the import lock is held": lambda: aside(_imp.acquire_lock, kept=True),
    # limits
    "RLIMIT_FSIZE 0": limit(limits.RLIMIT_FSIZE, 0),
    "RLIMIT_NOFILE 5": limit(limits.RLIMIT_NOFILE, 5),
    "RLIMIT_NPROC 0": limit(limits.RLIMIT_NPROC, 0),
    "RLIMIT_STACK": limit(limits.RLIMIT_STACK, 65536),
    "RLIMIT_CPU 1": limit(limits.RLIMIT_CPU, 1),
}
"""What each act does, by the name of its row."""


class Vandal(DataSource[Model, Model]):
    """Sync handlers: `query` acts, the others are for plain calls."""

    def query(self, query: DataQuery[Model]) -> Any:
        if act := query.model.get("act"):
            ACTS[act]()
        return frames.series(query)

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("well")

    @resource("GET", "/how/{how}")
    def how(self, how: str) -> str:
        return how

    @stream("how/{how}")
    def channel(self, how: str) -> Any:
        yield {"tick": 0, "how": how}
        yield {"tick": 1}


class AsyncVandal(DataSource[Model, Model]):
    """The same in async handlers."""

    async def query(self, query: DataQuery[Model]) -> Any:
        if act := query.model.get("act"):
            ACTS[act]()
        return frames.series(query)

    async def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("well")

    @resource("GET", "/how/{how}")
    async def how(self, how: str) -> str:
        return how

    @stream("how/{how}")
    async def channel(self, how: str) -> Any:
        yield {"tick": 0, "how": how}
        yield {"tick": 1}
