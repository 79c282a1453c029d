"""Cancels statements whose caller has disconnected or whose time is up, also where the database hangs."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

clock = time.monotonic
_POLL_SECONDS = 0.1
_GRACE_SECONDS = 3.0


def _nothing() -> None:
    """Close nothing: there is no cursor yet."""


class Statement:
    """One statement under way, and how it is stopped.

    Attributes:
        stopped: why it was cancelled: "" (it was not), "caller" or "timeout".
        is_complete: False while there are rows that were not read.
        close: closes its cursor, once the connection is closed.
    """

    def __init__(
        self,
        is_cancelled: Callable[[], bool],
        seconds: float,
        cancel: Callable[[], None],
        sever: Callable[[], None],
    ) -> None:
        self._is_cancelled = is_cancelled
        self._ends = clock() + seconds if seconds else None
        self._cancel = cancel
        self._sever = sever
        self._severs_at: float | None = None
        self.stopped = ""
        self.is_complete = True
        self.close: Callable[[], Any] = _nothing

    def poll(self) -> None:
        """Cancel if there is a reason to; cut the connection if that did not help in time."""
        if self._severs_at is not None:
            if clock() >= self._severs_at:
                self._severs_at = float("inf")
                _in_thread(self._sever)
            return
        if self._is_cancelled():
            self.stop("caller")
        elif self._ends is not None and clock() >= self._ends:
            self.stop("timeout")

    def stop(self, reason: str) -> None:
        """Cancel the statement; the database may be slow to answer, so a thread of its own does it."""
        self.stopped = reason
        self._severs_at = clock() + _GRACE_SECONDS
        _in_thread(self._cancel)


def _in_thread(work: Callable[[], None]) -> None:
    def run() -> None:
        with contextlib.suppress(Exception):  # the statement may have ended by itself
            work()

    threading.Thread(target=run, name="sql-cancel", daemon=True).start()


class Watch:
    """Looks after all statements of one data source, with one thread while there are any."""

    def __init__(self) -> None:
        self._statements: set[Statement] = set()
        self._lock = threading.Lock()
        self._is_running = False

    @contextlib.contextmanager
    def over(self, statement: Statement) -> Iterator[Statement]:
        """Look after a statement while the block runs."""
        with self._lock:
            self._statements.add(statement)
            starts = not self._is_running
            self._is_running = True
        if starts:
            threading.Thread(target=self._run, name="sql-watch", daemon=True).start()
        try:
            yield statement
        finally:
            with self._lock:
                self._statements.discard(statement)

    def _run(self) -> None:
        while True:
            with self._lock:
                found = list(self._statements)
                if not found:
                    self._is_running = False
                    return
            for statement in found:
                statement.poll()
            time.sleep(_POLL_SECONDS)
