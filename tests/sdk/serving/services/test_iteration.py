from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import CancelledError
from typing import Any

import pytest

from plugin_sdk._serving.async_bridge import Uncancelled
from plugin_sdk._serving.services import iteration
from plugin_sdk._serving.services.iteration import iterate
from plugin_sdk.errors import PluginError
from tests.sdk.in_process_server import SECONDS
from tests.sdk.serving.test_async_bridge import Leaving


def numbers(count: int = 3) -> Iterator[int]:
    yield from range(count)


async def async_numbers(count: int = 3) -> AsyncIterator[int]:
    for number in range(count):
        await asyncio.sleep(0)
        yield number


async def coroutine_of(values: Any) -> Any:
    await asyncio.sleep(0)
    return values


class OnlyNext:
    """An async iterator without aclose."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> OnlyNext:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (numbers, [0, 1, 2]),
        (async_numbers, [0, 1, 2]),
        (lambda: [5, 6], [5, 6]),
        (lambda: coroutine_of(numbers()), [0, 1, 2]),
        (lambda: coroutine_of(async_numbers()), [0, 1, 2]),
        (OnlyNext, [1, 0]),
        (lambda: numbers(0), []),
        (lambda: async_numbers(0), []),
    ],
)
def test_every_kind_of_iterable_is_iterated(make: Any, expected: list[int]) -> None:
    assert list(iterate(make(), Uncancelled())) == expected


def test_the_error_names_a_type_that_cannot_be_iterated() -> None:
    with pytest.raises(PluginError, match="the handler returned int; expected a generator"):
        list(iterate(3, Uncancelled()))


def leave_when(waiting: threading.Event, caller: Leaving) -> None:
    """End the call from another thread, once a handler is waiting."""

    def leave() -> None:
        waiting.wait(SECONDS)
        caller.leave()

    threading.Thread(target=leave).start()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_value_is_requested_only_once_the_previous_one_is_taken(kind: str) -> None:
    asked: list[int] = []

    def sync_values() -> Iterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    async def async_values() -> AsyncIterator[int]:
        for number in range(5):
            asked.append(number)
            yield number

    values = iterate({"sync": sync_values, "async": async_values}[kind](), Uncancelled())
    assert next(values) == 0
    assert asked == [0]
    values.close()  # type: ignore[attr-defined]  # a generator
    assert asked == [0]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_generator_is_closed_when_iteration_stops(kind: str) -> None:
    closed: list[str] = []

    def sync_values() -> Iterator[int]:
        try:
            yield 1
        finally:
            closed.append("sync")

    async def async_values() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            closed.append("async")

    values = iterate({"sync": sync_values, "async": async_values}[kind](), Uncancelled())
    next(values)
    values.close()  # type: ignore[attr-defined]  # a generator

    assert closed == [kind]


def test_a_sync_generator_ends_with_the_first_value_after_a_disconnect() -> None:
    caller = Leaving()
    values = iterate(numbers(), caller)

    assert next(values) == 0
    caller.leave()
    assert list(values) == []


def test_an_async_generator_is_cancelled_at_its_await() -> None:
    caller, waiting = Leaving(), threading.Event()
    seen: list[str] = []

    async def slow() -> AsyncIterator[int]:
        yield 1
        waiting.set()
        try:
            await asyncio.sleep(SECONDS)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        finally:
            seen.append("closed")

    values = iterate(slow(), caller)
    assert next(values) == 1
    leave_when(waiting, caller)
    with pytest.raises(CancelledError):
        next(values)

    assert seen == ["cancelled", "closed"]


def test_an_async_generator_is_cancelled_if_the_caller_disconnected_before() -> None:
    caller = Leaving()
    caller.leave()

    async def slow() -> AsyncIterator[int]:
        await asyncio.sleep(SECONDS)
        yield 1

    with pytest.raises(CancelledError):
        next(iterate(slow(), caller))


def test_a_generator_that_cleans_up_slowly_is_waited_for() -> None:
    caller, waiting, cleaned = Leaving(), threading.Event(), threading.Event()

    async def slow() -> AsyncIterator[int]:
        yield 1
        waiting.set()
        try:
            await asyncio.sleep(SECONDS)
        finally:
            await asyncio.sleep(0.05)
            cleaned.set()

    values = iterate(slow(), caller)
    assert next(values) == 1
    leave_when(waiting, caller)
    with pytest.raises(CancelledError):
        next(values)

    assert cleaned.is_set()


def test_a_generator_that_ignores_its_cancellation_does_not_hold_the_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(iteration, "_CLEANUP_SECONDS", 0.05)
    caller, waiting, release = Leaving(), threading.Event(), threading.Event()

    async def stubborn() -> AsyncIterator[int]:
        yield 1
        waiting.set()
        while not release.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.01)

    values = iterate(stubborn(), caller)
    assert next(values) == 1
    leave_when(waiting, caller)
    with pytest.raises(RuntimeError, match="already running"):
        next(values)
    release.set()
