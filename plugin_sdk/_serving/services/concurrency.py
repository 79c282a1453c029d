"""Runs the queries of one request concurrently, up to a limit."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Generic, TypeVar

from plugin_sdk._serving.pools import Pool

T = TypeVar("T")
R = TypeVar("R")


class _Batch(Generic[T, R]):
    def __init__(self, work: Callable[[T], R], items: Sequence[T]) -> None:
        self._work = work
        self._pending = deque(enumerate(items))
        self._remaining = len(items)
        self._results: list[R | None] = [None] * len(items)
        self._done = threading.Event()
        self._lock = threading.Lock()

    def work_off(self) -> None:
        """Process items until none is pending."""
        while True:
            try:
                index, item = self._pending.popleft()
            except IndexError:
                return
            self._results[index] = self._work(item)
            with self._lock:
                self._remaining -= 1
                if not self._remaining:
                    self._done.set()

    def results(self) -> list[R]:
        self._done.wait()
        return self._results  # type: ignore[return-value]  # every index has been set


def run_concurrently(work: Callable[[T], R], items: Sequence[T], limit: int, pool: Pool) -> list[R]:
    """Return `work(item)` for each item in order, with at most `limit` running at once.

    The calling thread works too, so a pool full of hung queries slows a request down but does not block it.
    `work` must not raise.
    """
    if len(items) <= 1:
        return [work(item) for item in items]
    batch = _Batch(work, items)
    for _ in range(min(limit, len(items)) - 1):
        pool.start(copy_context().run, batch.work_off)
    batch.work_off()
    return batch.results()
