"""For data sources that keep state: work that runs as long as an instance, and a feed from it to streams."""

from __future__ import annotations

import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
_POLL_SECONDS = 0.2
_END = object()


def background(function: F) -> F:
    """Run a method from the creation of the instance to its end: a reader, a subscription, a cache's refresh.

    An `async def` runs on the event loop and is cancelled at the end. A `def` runs in a thread of its own; it
    takes a `threading.Event` called `stop` and returns soon after it is set. A method that raises is logged
    and started again, after a pause that grows from one second to a minute; one that returns is done.

    Examples:
        >>> class Machine(DataSource[Settings, Query]):
        ...     def __init__(self, instance):
        ...         self.latest = None
        ...     @background
        ...     async def read(self):
        ...         async for value in connect(self.settings.url):
        ...             self.latest = value
    """
    function.__runs_in_background__ = True  # type: ignore[attr-defined]
    return function


def background_names(cls: type) -> list[str]:
    """Return the names of a class's methods that run in the background, those of its bases included."""
    return [name for name in dir(cls) if getattr(getattr(cls, name, None), "__runs_in_background__", False)]


class _Request(Protocol):
    @property
    def cancelled(self) -> bool: ...


class Feed(Generic[T]):
    """Hands values from a background method to the streams of an instance, from any thread.

    Every listener gets the values sent while it listens. One that is too slow loses the oldest, of which it
    keeps `most`: the reader is never held up.

    Examples:
        >>> class Machine(DataSource[Settings, Query]):
        ...     def __init__(self, instance):
        ...         self.feed = Feed()
        ...     @stream("live")
        ...     async def live(self):
        ...         async for frame in self.feed:
        ...             yield frame
    """

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._listeners: dict[int, Callable[[Any], None]] = {}
        self._number = 0
        self._closed = False

    def send(self, value: T) -> None:
        """Hand a value to everybody who listens now."""
        with self._lock:
            listeners = list(self._listeners.values())
        for put in listeners:
            put(value)

    def close(self) -> None:
        """End all listeners, those to come too; for `dispose`."""
        with self._lock:
            self._closed = True
            listeners = list(self._listeners.values())
        for put in listeners:
            put(_END)

    def _add(self, put: Callable[[Any], None]) -> int:
        with self._lock:
            self._number += 1
            self._listeners[self._number] = put
            if self._closed:
                put(_END)
            return self._number

    def _remove(self, number: int) -> None:
        with self._lock:
            self._listeners.pop(number, None)

    def listen(self, request: _Request) -> Iterator[T]:
        """Yield the values in a `def` stream, until its `request` is cancelled or the feed is closed."""
        values: queue.Queue[Any] = queue.Queue(self._most)

        def put(value: Any) -> None:
            while True:
                try:
                    return values.put_nowait(value)
                except queue.Full:
                    _drop(values)

        number = self._add(put)
        try:
            while not request.cancelled:
                try:
                    value = values.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                if value is _END:
                    return
                yield value
        finally:
            self._remove(number)

    async def __aiter__(self) -> AsyncIterator[T]:
        import asyncio

        loop = asyncio.get_running_loop()
        values: asyncio.Queue[Any] = asyncio.Queue()

        def put_here(value: Any) -> None:
            if values.qsize() >= self._most:
                values.get_nowait()
            values.put_nowait(value)

        number = self._add(lambda value: _call_soon(loop, put_here, value))
        try:
            while (value := await values.get()) is not _END:
                yield value
        finally:
            self._remove(number)


def _drop(values: queue.Queue[Any]) -> None:
    try:
        values.get_nowait()
    except queue.Empty:
        return


def _call_soon(loop: asyncio.AbstractEventLoop, put: Callable[[Any], None], value: Any) -> None:
    try:
        loop.call_soon_threadsafe(put, value)
    except RuntimeError:
        return  # the loop has ended, and its listeners with it
