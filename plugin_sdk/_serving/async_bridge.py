"""Calls handlers, sync or async, from the threads that serve requests.

A sync handler runs in the calling thread. Coroutines run on one event loop in its own thread, which the first
of them starts; the calling thread waits, and turns the caller's cancellation into a CancelledError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from plugin_sdk import _log
from plugin_sdk._serving import forked

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


class AsyncLoop:
    """The event loop of async handlers, in its own thread.

    SystemExit and KeyboardInterrupt of any task stop an asyncio loop, and any code may call `loop.stop()`;
    then every later call would wait for ever. So the loop is run again.
    """

    def __init__(self) -> None:
        import asyncio

        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self.loop.set_exception_handler(_log_loop_error)
        self.thread = threading.Thread(target=self._run, name="event-loop", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.loop.is_closed():
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                _log.log_exception("a task tried to end the process; the event loop goes on", error)
            else:
                _log.log("warn", "the event loop was stopped by the plugin's code; it goes on")


_current: AsyncLoop | None = None
_abandoned: AsyncLoop | None = None
_lock = threading.Lock()


def async_loop() -> AsyncLoop | None:
    """Return the event loop, or None if no handler has needed it yet."""
    return _current


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the running loop of async handlers, starting its thread when it is first needed."""
    global _current
    with _lock:
        if _current is None:
            _current = AsyncLoop()
        return _current.loop


def forget_loop() -> None:
    """Drop the loop in a forked child, where its thread does not exist."""
    global _current, _lock, _abandoned
    _abandoned = _current  # if it were collected, its tasks would be closed and go on here
    _current, _lock = None, threading.Lock()


def _log_loop_error(_loop: Any, context: dict[str, Any]) -> None:
    _log.log_exception(context.get("message", "error in the event loop"), context.get("exception"))


class HandlerExitError(RuntimeError):
    """A handler raised GeneratorExit, which generators in between would take as their own close."""

    def __init__(self) -> None:
        super().__init__("the handler raised GeneratorExit")


class _Exit:
    """Carries an exception of a coroutine for which asyncio would stop the loop."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


async def _carried(coroutine: Coroutine[Any, Any, T]) -> T | _Exit:
    result: T | _Exit
    try:
        result = await coroutine
    except (SystemExit, KeyboardInterrupt) as error:
        result = _Exit(error)
    except GeneratorExit as error:
        return _Exit(error)  # raised by the author, or by a collector that closes what is left in a child
    if forked.is_child:
        forked.leave()
    return result


def submit(coroutine: Coroutine[Any, Any, T]) -> Any:
    """Start a coroutine on the event loop and return its future, for `result_of`."""
    import asyncio

    return asyncio.run_coroutine_threadsafe(_carried(coroutine), event_loop())


def result_of(future: Any) -> Any:
    """Wait for a future of `submit`; return or raise what its coroutine returned or raised."""
    result = future.result()
    if isinstance(result, _Exit):
        if isinstance(result.error, GeneratorExit):
            raise HandlerExitError from result.error
        raise result.error
    return result


def run(coroutine: Coroutine[Any, Any, T], caller: Caller) -> T:
    """Run a coroutine on the event loop and return its result; cancel it when the caller disconnects."""
    future = submit(coroutine)
    caller.on_end(lambda: None if future.done() else _cancel(future))
    result: T = result_of(future)
    return result


def finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what cleans up, and wait for it unless that would be for ever.

    A dropped generator is cleaned up in the thread that collects it, which may be the loop's own.
    """
    future = submit(coroutine)
    if _current is not None and _current.thread is not threading.current_thread():
        result_of(future)


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

    def call(_caller: Caller, *args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except GeneratorExit as error:
            raise HandlerExitError from error
        finally:
            if forked.is_child:
                forked.leave()

    return call


END = object()
"""What `next_of` returns after the last value."""


def next_of(values: Iterator[Any]) -> Any:
    """Return the next value of the author's generator, or END."""
    try:
        return next(values, END)
    except GeneratorExit as error:
        raise HandlerExitError from error
    finally:
        if forked.is_child:
            forked.leave()
