from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any

import pytest

from plugin_sdk._serving.async_bridge import Uncancelled, bind, event_loop, is_async, run
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS
from tests.waiting import eventually


class Leaving:
    """A caller that can disconnect."""

    def __init__(self) -> None:
        self.gone = False
        self.callbacks: list[Callable[[], None]] = []
        self.lock = threading.Lock()

    def is_cancelled(self) -> bool:
        return self.gone

    def on_end(self, callback: Callable[[], None]) -> None:
        with self.lock:
            self.callbacks.append(callback)
            gone = self.gone
        if gone:
            callback()

    def leave(self) -> None:
        with self.lock:
            self.gone = True
            callbacks = list(self.callbacks)
        for callback in callbacks:
            callback()


def add(a: int, *, b: int = 1) -> int:
    return a + b


async def add_async(a: int, *, b: int = 1) -> int:
    await asyncio.sleep(0)
    return a + b


@pytest.mark.parametrize(("function", "asynchronous"), [(add, False), (add_async, True)])
def test_sync_and_async_functions_are_called_alike(function: Any, asynchronous: bool) -> None:
    call = bind(function)

    assert is_async(function) is asynchronous
    assert call(Uncancelled(), 2) == 3
    assert call(Uncancelled(), 2, b=5) == 7


def test_a_sync_handler_runs_in_the_serving_thread() -> None:
    assert bind(threading.get_ident)(Uncancelled()) == threading.get_ident()


def test_all_coroutines_share_one_loop_in_its_own_thread() -> None:
    async def loop_and_thread() -> tuple[Any, str]:
        return asyncio.get_running_loop(), threading.current_thread().name

    first, second = run(loop_and_thread(), Uncancelled()), run(loop_and_thread(), Uncancelled())
    assert first == second == (event_loop(), "event-loop")


def test_the_exception_of_a_coroutine_reaches_the_caller() -> None:
    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        run(fail(), Uncancelled())


def test_a_disconnect_cancels_the_coroutine() -> None:
    caller, started, cancelled = Leaving(), threading.Event(), threading.Event()

    async def wait() -> None:
        started.set()
        try:
            await asyncio.sleep(SECONDS)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(run, wait(), caller)
        assert started.wait(SECONDS)
        caller.leave()
        with pytest.raises(concurrent.futures.CancelledError):
            answer.result(SECONDS)
    assert cancelled.wait(SECONDS)


def test_a_later_disconnect_changes_nothing() -> None:
    caller = Leaving()

    assert run(add_async(1), caller) == 2
    caller.leave()


def test_an_uncancelled_caller_never_disconnects() -> None:
    caller = Uncancelled()
    caller.on_end(lambda: pytest.fail("called back"))

    assert caller.is_cancelled() is False


def test_errors_of_forgotten_tasks_are_logged(logged: Lines) -> None:
    def fail() -> None:
        raise KeyError("forgotten")

    event_loop().call_soon_threadsafe(fail)
    (line,) = eventually(logged)

    assert line["@level"] == "error"
    assert line["error"] == "'forgotten'"
    assert "fail" in line["@message"]
