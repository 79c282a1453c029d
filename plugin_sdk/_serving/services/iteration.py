"""Iterates over sync and async generators from a serving thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any

from plugin_sdk._serving import async_bridge
from plugin_sdk._serving.async_bridge import Caller
from plugin_sdk.errors import PluginError


def iterate(result: Any, caller: Caller) -> Iterator[Any]:
    """Yield the values of a generator, an async generator, a coroutine of either, or an iterable.

    A value is requested once the previous one is sent, so a slow reader slows the generator down. When the
    caller disconnects, an async generator is cancelled at its current await; both kinds are closed.
    """
    result = awaited(result, caller)
    if hasattr(result, "__aiter__"):
        yield from _async_values(result.__aiter__(), caller)
        return
    if not isinstance(result, Iterable) or isinstance(result, str | bytes | Mapping) or _is_table(result):
        found = "None" if result is None else type(result).__name__
        raise PluginError(f"the handler returned {found}; expected a generator: yield each value")
    values = iter(result)
    try:
        while (value := async_bridge.next_of(values)) is not async_bridge.END and not caller.is_cancelled():
            yield value
    finally:
        close = getattr(result, "close", None)
        if close is not None:
            close()


def awaited(result: Any, caller: Caller) -> Any:
    """Return the result of a coroutine, and anything else unchanged."""
    return async_bridge.run(_awaited(result), caller) if hasattr(result, "__await__") else result


def _is_table(result: Any) -> bool:
    return hasattr(result, "columns") or (hasattr(result, "fields") and hasattr(result, "to_json"))


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


_CLEANUP_SECONDS = 5.0
"""How long a cancelled generator may take to clean up before its thread stops waiting."""


def _async_values(values: AsyncIterator[Any], caller: Caller) -> Iterator[Any]:
    import asyncio

    current: list[Any] = []
    running: set[Any] = set()

    async def step() -> Any:
        task = asyncio.current_task()
        running.add(task)
        try:
            return await values.__anext__()
        except StopAsyncIteration:
            return async_bridge.END
        finally:
            running.discard(task)

    async def finish() -> None:
        # A step that was cancelled may not have ended yet, and a running generator cannot be closed.
        if running:
            await asyncio.wait(running, timeout=_CLEANUP_SECONDS)
        close = getattr(values, "aclose", None)
        if close is not None:
            await close()

    def take() -> Any:
        if caller.is_cancelled():  # a step that is cancelled before it began warns that it was never awaited
            raise CancelledError
        current[:] = [async_bridge.submit(step())]
        if caller.is_cancelled():
            current[0].cancel()
        return async_bridge.result_of(current[0])

    def cancel() -> None:
        for future in current:
            future.cancel()

    # Registered once rather than for each value: a channel may run for days.
    caller.on_end(cancel)
    try:
        while (value := take()) is not async_bridge.END:
            yield value
    finally:
        async_bridge.finish(finish())
