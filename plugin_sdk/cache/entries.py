"""The values of one cached method of one instance: how long they are kept, and the call to join."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any

clock = time.monotonic
MISSING = object()
Key = tuple[Hashable, ...]


class Entries:
    """Values by key, each for some seconds; the least recently used go first when there are too many."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._values: OrderedDict[Key, tuple[float, Any]] = OrderedDict()
        self._calls: dict[Key, Future[Any]] = {}
        self._generation = 0
        self._lock = threading.Lock()

    def get(self, key: Key) -> Any:
        """Return the value of `key`, or MISSING."""
        with self._lock:
            return self._get(key)

    def _get(self, key: Key) -> Any:
        ends, value = self._values.get(key, (0.0, MISSING))
        if value is MISSING or ends <= clock():
            self._values.pop(key, None)
            return MISSING
        self._values.move_to_end(key)
        return value

    def join(self, key: Key) -> tuple[Future[Any], bool]:
        """Return the call under way for `key`, and whether the caller has to make it.

        A value that has arrived in between is that of a call that is done.
        """
        with self._lock:
            value = self._get(key)
            if value is not MISSING:
                done: Future[Any] = Future()
                done.set_result(value)
                return done, False
            call = self._calls.get(key)
            if call is not None:
                return call, False
            call = self._calls[key] = Future()
            return call, True

    def finish(self, key: Key, call: Future[Any], work: Callable[[], Any]) -> None:
        """Keep what `work` returns and give it, or what it raises, to all who wait for `call`."""
        generation = self._generation
        try:
            value = work()
        except BaseException as error:
            self._leave(key, call)
            call.set_exception(error)
            return
        self.keep(key, call, value, generation)

    def keep(self, key: Key, call: Future[Any], value: Any, generation: int) -> None:
        """Keep a value, unless the cache was cleared while it was fetched."""
        with self._lock:
            if self._calls.get(key) is call:
                del self._calls[key]
            if generation == self._generation:
                self._values[key] = (clock() + self._seconds, value)
                self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        call.set_result(value)

    def fail(self, key: Key, call: Future[Any], error: BaseException) -> None:
        """Give an error to all who wait; it is not kept."""
        self._leave(key, call)
        call.set_exception(error)

    def _leave(self, key: Key, call: Future[Any]) -> None:
        with self._lock:
            if self._calls.get(key) is call:
                del self._calls[key]

    @property
    def generation(self) -> int:
        """How often the cache was cleared."""
        return self._generation

    def clear(self) -> None:
        """Forget all values; calls under way finish for those who wait, and are not kept."""
        with self._lock:
            self._generation += 1
            self._values.clear()
            self._calls.clear()
