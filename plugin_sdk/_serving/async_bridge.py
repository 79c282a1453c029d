"""Calls handlers, sync or async, from the threads that serve requests.

A sync handler runs in the calling thread. Coroutines run on one event loop in its own thread, which the first
of them starts; the calling thread waits, and turns the caller's cancellation into a CancelledError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Caller(Protocol):
    """Whoever sent the request: is it still connected, and what to call when it disconnects."""

    def is_cancelled(self) -> bool:
        """Return True once the caller has disconnected."""

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` once when the request is over, for whatever reason."""


class Uncancelled:
    """A caller that never disconnects, for work that no request started."""

    def is_cancelled(self) -> bool:
        """Return False."""
        return False

    def on_end(self, callback: Callable[[], None]) -> None:
        """Ignore the callback: this caller never disconnects."""


_loop: asyncio.AbstractEventLoop | None = None
_lock = threading.Lock()


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the running event loop of async handlers; the first call starts its thread."""
    global _loop
    with _lock:
        if _loop is None:
            import asyncio

            _loop = asyncio.new_event_loop()
            _loop.set_exception_handler(_log_loop_error)
            threading.Thread(target=_loop.run_forever, name="event-loop", daemon=True).start()
        return _loop


def _log_loop_error(_loop: Any, context: dict[str, Any]) -> None:
    from plugin_sdk._log import log_exception

    log_exception(context.get("message", "error in the event loop"), context.get("exception"))


def run(coroutine: Coroutine[Any, Any, T], caller: Caller) -> T:
    """Run a coroutine on the event loop and return its result; cancel it when the caller disconnects."""
    import asyncio

    future = asyncio.run_coroutine_threadsafe(coroutine, event_loop())
    caller.on_end(lambda: None if future.done() else _cancel(future))
    return future.result()


def _cancel(future: Any) -> None:
    future.cancel()


def is_async(function: Callable[..., Any]) -> bool:
    """Return True if calling `function` returns a coroutine."""
    import inspect

    return inspect.iscoroutinefunction(function)


def bind(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a `call(caller, ...)` that hides whether `function` is sync or async."""
    if is_async(function):
        return lambda caller, *args, **named: run(function(*args, **named), caller)
    return lambda _caller, *args, **named: function(*args, **named)
