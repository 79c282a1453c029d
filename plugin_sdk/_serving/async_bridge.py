"""Calls handlers, sync or async, from the threads that serve requests.

A sync handler runs in the calling thread. A coroutine runs on one event loop in a thread of its own, started
with the first of them; the calling thread waits, and passes the caller's cancellation on as CancelledError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


class Caller(Protocol):
    """The side that asked: whether it is still there, and how to learn that it left."""

    def is_cancelled(self) -> bool:
        """Tell whether the caller has gone."""

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back once when the request is over, for whatever reason."""


class Uncancelled:
    """A caller that never leaves: for calls that have none."""

    def is_cancelled(self) -> bool:
        """Never."""
        return False

    def on_end(self, callback: Callable[[], None]) -> None:
        """Keep nothing: the request has no end of its own."""


_loop: asyncio.AbstractEventLoop | None = None
_lock = threading.Lock()


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the running loop of async handlers, starting its thread when it is first asked for."""
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
    """Run a coroutine on the event loop and wait for it; it is cancelled when the caller goes."""
    import asyncio

    future = asyncio.run_coroutine_threadsafe(coroutine, event_loop())
    caller.on_end(lambda: None if future.done() else _cancel(future))
    return future.result()


def _cancel(future: Any) -> None:
    future.cancel()


def is_async(function: Callable[..., Any]) -> bool:
    """Tell whether calling `function` gives a coroutine; decided once, at registration."""
    import inspect

    return inspect.iscoroutinefunction(function)


def bind(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `call(caller, ...)` for a sync or an async function, so that both are called alike."""
    if is_async(function):
        return lambda caller, *args, **named: run(function(*args, **named), caller)
    return lambda _caller, *args, **named: function(*args, **named)
