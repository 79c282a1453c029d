"""Data sources whose handlers do what no handler should: they end loops, take threads, hang, block and fork."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import logging
import multiprocessing
import os
import resource as limits
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from conformance_plugin import frames
from plugin_sdk import (
    CallResourceRequest,
    CheckHealthResult,
    DataQuery,
    DataSource,
    DataSourceInstanceSettings,
    resource,
    stream,
)

log = logging.getLogger("hostile")

Model = dict[str, Any]


class Stop(BaseException):
    """Not an Exception, on purpose."""


EXITS: dict[str, Callable[[], BaseException]] = {
    "SystemExit": lambda: SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "CancelledError": asyncio.CancelledError,
    "BaseException": lambda: Stop("beyond"),
    "BaseExceptionGroup": lambda: BaseExceptionGroup("several", [SystemExit(1), KeyboardInterrupt()]),
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "MemoryError": MemoryError,
    "RecursionError": RecursionError,
}


def leave(name: str) -> None:
    if name in EXITS:
        raise EXITS[name]()


async def end_loop(how: str) -> None:
    """Do to the event loop what ends it, or what ends a call without an answer."""
    leave(how)
    loop = asyncio.get_running_loop()
    match how:
        case "stop":
            loop.stop()
            await asyncio.sleep(0.05)
        case "close":
            loop.close()
        case "stop-and-close":
            # The next run of the loop only closes it, as another thread may in the moment in which it stands.
            loop.run_forever = loop.close  # type: ignore[method-assign]
            loop.stop()
            await asyncio.sleep(0.05)
        case "close-while-running":
            # What a thread comes to that closes the loop while it starts again: its selector is gone.
            loop.is_running = lambda: False  # type: ignore[method-assign]
            loop.close()
        case "close-half":
            # And if it came a little earlier: nothing wakes the loop any more.
            loop._close_self_pipe()  # type: ignore[attr-defined]
        case "task-exit":
            task = asyncio.create_task(_exit_soon())
            await asyncio.wait([task])
        case "callback-exit":
            loop.call_soon(sys.exit, 3)
            await asyncio.sleep(0.05)
        case "group":
            async with asyncio.TaskGroup() as group:
                group.create_task(_exit_soon())
        case "set_event_loop":
            asyncio.set_event_loop(None)
            asyncio.set_event_loop_policy(None)
        case "cancel-all":
            for task in asyncio.all_tasks():
                task.cancel()
            await asyncio.sleep(0.05)
        case "run":
            asyncio.run(asyncio.sleep(0))
        case "os-exit":
            os._exit(7)
        case "kill-selector":
            for descriptor in list(loop._selector.get_map()):  # type: ignore[attr-defined]
                os.close(int(descriptor))


async def _exit_soon() -> None:
    raise SystemExit(5)


class Loop(DataSource[Model, Model]):
    """Async handlers of every kind that end the loop."""

    def __init__(self, instance: DataSourceInstanceSettings[Model]) -> None:
        self.instance = instance
        leave(instance.settings.get("init", ""))

    async def query(self, query: DataQuery[Model]) -> Any:
        if query.model.get("do") == "collect":
            gc.collect()
        await end_loop(query.model.get("how", ""))
        if query.model.get("block_ms"):
            block(query.model["block_ms"])
        if query.model.get("hang"):
            await forever()
        return frames.series(query)

    async def check_health(self) -> CheckHealthResult:
        await end_loop(self.instance.settings.get("health", ""))
        if self.instance.settings.get("block_ms"):
            block(self.instance.settings["block_ms"])
        return CheckHealthResult.ok("well")

    @resource("GET", "/how/{how}")
    async def how(self, how: str, block_ms: int = 0) -> str:
        await end_loop(how)
        if block_ms:
            block(block_ms)
        return "well"

    @resource("GET", "/parts/{how}")
    async def parts(self, how: str) -> Any:
        yield b"one"
        await end_loop(how)
        yield b"two"

    @stream("how/{how}")
    async def channel(self, how: str) -> Any:
        yield {"tick": 0}
        if how.startswith("block-"):
            block(int(how.removeprefix("block-")))
        await end_loop(how)
        yield {"tick": 1}

    async def query_chunked_data(self, query: DataQuery[Model]) -> Any:
        yield frames.series(query, 2)
        await end_loop(query.model.get("how", ""))
        yield frames.series(query, 2)

    async def dispose(self) -> None:
        if self.instance.settings.get("dispose_block_ms"):
            block(self.instance.settings["dispose_block_ms"])
        await end_loop(self.instance.settings.get("dispose", ""))


def block(ms: int) -> None:
    """Stand where no other coroutine can go on."""
    time.sleep(ms / 1000)


async def forever() -> None:
    await asyncio.Event().wait()


_kept: list[threading.Thread] = []
_stopping = threading.Event()


def take_threads(count: int, seconds: float) -> int:
    """Start threads until there are so many, or no more to be had; tell how many that were."""
    _stopping.clear()
    started = 0
    for _ in range(count):
        thread = threading.Thread(target=_stopping.wait, args=(seconds,), daemon=True)
        try:
            thread.start()
        except RuntimeError:
            break
        started += 1
    return started


class LogsAtItsEnd:
    """Garbage that only the collector finds, and that logs when it does."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        log.error("collected")


class Sync(DataSource[Model, Model]):
    """Sync handlers that raise anything, take what there is, hang, and fork."""

    def __init__(self, instance: DataSourceInstanceSettings[Model]) -> None:
        self.instance = instance
        leave(instance.settings.get("init", ""))
        if instance.settings.get("init_hang"):
            hang()

    def query(self, query: DataQuery[Model]) -> Any:
        asked = query.model
        leave(asked.get("how", ""))
        action = getattr(self, "_do_" + asked.get("do", "").replace("-", "_"), None)
        return frames.series(query) if action is None else action(asked)

    def _do_settings(self, _asked: Model) -> Any:
        return frames.text({"json": self.instance.settings, "instance": id(self)})

    def _do_hang(self, asked: Model) -> Any:
        hang(asked.get("seconds", 3600))
        return frames.text("back")

    def _do_threads(self, asked: Model) -> Any:
        return frames.text(str(take_threads(asked["count"], asked.get("seconds", 3600))))

    def _do_give_back(self, _asked: Model) -> Any:
        _stopping.set()
        return frames.text("given back")

    def _do_memory(self, asked: Model) -> Any:
        """Forbid this process more address space than it has, but for so much."""
        pages = int(open("/proc/self/statm").read().split()[0])  # noqa: SIM115, PTH123
        room = pages * os.sysconf("SC_PAGESIZE") + asked["mib"] * 1024 * 1024
        limits.setrlimit(limits.RLIMIT_AS, (room, limits.RLIM_INFINITY))
        return frames.text("limited")

    def _do_big(self, asked: Model) -> Any:
        return frames.text("x" * asked["bytes"])

    def _do_finalizers(self, asked: Model) -> Any:
        """Log from finalizers while this thread logs: each allocation may collect."""
        thresholds = gc.get_threshold()
        gc.set_threshold(1)
        try:
            for _ in range(asked["count"]):
                LogsAtItsEnd()
                log.error("a line")
        finally:
            gc.set_threshold(*thresholds)
        return frames.text("logged")

    def _do_collect(self, _asked: Model) -> Any:
        """Collect what Python would collect some time: it counts as nothing that is left behind."""
        return frames.text(str(gc.collect()))

    def _do_break_serving(self, _asked: Model) -> Any:
        """Have grpcio's serving thread die at the next call, as an exception in it would."""
        from grpc import _server

        def fail(*_: Any) -> None:
            raise MemoryError

        _server._process_event_and_continue = fail
        return frames.text("broken")

    def _do_raise_in_main(self, _asked: Model) -> Any:
        ident = ctypes.c_ulong(threading.main_thread().ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(MemoryError))
        return frames.text("raised")

    def _do_kill_relay(self, _asked: Model) -> Any:
        """Kill the process that passes on stderr, then write there."""
        children = open(f"/proc/self/task/{os.getpid()}/children").read()  # noqa: SIM115, PTH123
        for pid in children.split():
            os.kill(int(pid), signal.SIGKILL)
        return frames.text(children)

    def _do_close_descriptors(self, _asked: Model) -> Any:
        """Close what a daemon's start closes."""
        os.closerange(3, 400)
        return frames.text("closed")

    def _do_stderr(self, asked: Model) -> Any:
        sys.stderr.write(asked["text"] + "\n")
        sys.stderr.flush()
        return frames.text("written")

    def _do_pool(self, asked: Model) -> Any:
        """Use multiprocessing as its documentation shows."""
        context = multiprocessing.get_context(asked.get("method"))
        with context.Pool(2) as pool:
            return frames.text(json.dumps(pool.map(abs, [-1, -2, -3])))

    def _do_terminate(self, asked: Model) -> Any:
        """Start a child and terminate it, at once or once it runs; tell its exit code."""
        child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(3600,))
        child.start()
        time.sleep(asked.get("after", 0))
        (child.kill if asked.get("kill") else child.terminate)()
        child.join(10)
        return frames.text(str(child.exitcode))

    def _do_leave_child(self, asked: Model) -> Any:
        """Start a child that would sleep on, and tell its id."""
        child = multiprocessing.get_context("fork").Process(target=_stay, daemon=asked.get("daemon", False))
        child.start()
        return frames.text(str(child.pid))

    def _do_fork_returns(self, _asked: Model) -> Any:
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        return frames.text(str(pid))

    def _do_fork_logs(self, _asked: Model) -> Any:
        """Log from a child while other threads of the parent log as well."""
        child = multiprocessing.get_context("fork").Process(target=log.error, args=("a line of the child",))
        child.start()
        child.join(10)
        return frames.text(str(child.exitcode))

    def _do_program(self, _asked: Model) -> Any:
        """Start a program and interrupt it as a terminal does; tell how it ended."""
        child = subprocess.Popen(["sleep", "3600"])
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        return frames.text(str(child.wait(10)))

    def _do_start_program(self, _asked: Model) -> Any:
        return frames.text(str(subprocess.Popen(["sleep", "3600"]).pid))

    def check_health(self) -> CheckHealthResult:
        leave(self.instance.settings.get("health", ""))
        if self.instance.settings.get("hang"):
            hang()
        return CheckHealthResult.ok("well")

    @resource("GET", "/how/{how}")
    def how(self, how: str) -> str:
        leave(how)
        return "well"

    @resource("POST", "/body")
    def body(self, request: CallResourceRequest, body: Any = None) -> str:
        return type(body).__name__

    @resource("GET", "/parts/{how}")
    def parts(self, how: str) -> Any:
        yield b"one"
        leave(how)
        yield b"two"

    @stream("how/{how}")
    def channel(self, how: str) -> Any:
        yield {"tick": 0}
        leave(how)
        yield {"tick": 1}

    @stream("stuck/{name}")
    def stuck(self, name: str) -> Any:
        yield {"name": name}
        hang()

    @stream("every/{ms}")
    def every(self, ms: int) -> Any:
        while True:
            yield {"now": time.time()}
            time.sleep(ms / 1000)

    def query_chunked_data(self, query: DataQuery[Model]) -> Any:
        yield frames.series(query, 2)
        leave(query.model.get("how", ""))
        yield frames.series(query, 2)

    def dispose(self) -> None:
        if self.instance.settings.get("dispose_hang"):
            hang()
        leave(self.instance.settings.get("dispose", ""))


def hang(seconds: float = 3600) -> None:
    """Never come back."""
    time.sleep(seconds)


def _stay() -> None:
    print("a child stays", flush=True)  # noqa: T201  # it writes where the plugin does
    time.sleep(3600)
