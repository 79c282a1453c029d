"""The backend as a process that may be exchanged for a new one while calls go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from plugin_cli.dev.preview.bridge import (
    Answer,
    BackendState,
    BackendUnavailableError,
    Cancel,
    Health,
    Query,
    ResourcePart,
    Settings,
    Subscription,
)
from plugin_cli.dev.preview.grpc_calls import Calls
from plugin_cli.dev.supervisor.failing_backend import end_reason

# Grafana looks once a second whether a plugin's process has ended, and starts it anew.
_WATCH_SECONDS = 1.0
_LAST_WORDS_SECONDS = 1.0
_START_WAIT_SECONDS = 30.0
_DRAIN_SECONDS = 5.0


class BackendHandle(Protocol):
    """A started backend process."""

    calls: Calls

    def on_loaded(self, callback: Callable[[str], None]) -> None:
        """Have `callback` told once that the author's code is loaded (an empty text), or why not."""
        ...

    def running(self) -> bool:
        """Say whether the process lives."""
        ...

    def exit_code(self) -> int:
        """Return how a process that has ended did so; a signal is negative."""
        ...

    def stop(self) -> None:
        """End the process and close the connection."""
        ...


class BackendStartError(Exception):
    """The backend did not start; the text is for the user."""


class ProcessBridge:
    """A bridge over the newest process that started; calls under way end on the one they began on.

    Args:
        start: starts a process; raises BackendStartError with the reason.
        mode: `source` or `dist`.
        on_change: told whenever the backend stopped, or started and has loaded the author's code or not;
            called from several threads.
        alone: the one before has to end first, since both need the same port; calls wait meanwhile.
    """

    def __init__(
        self,
        start: Callable[[], BackendHandle],
        mode: str,
        on_change: Callable[[BackendState], None],
        *,
        alone: bool = False,
    ) -> None:
        self._alone = alone
        self._start = start
        self._on_change = on_change
        self._mode = mode
        self._changed = threading.Condition()
        self._current: _Running | None = None
        self._problem = ""
        self._starting = False
        self._stopped = threading.Event()
        self._exchanging = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="backend-watch", daemon=True)

    def open(self) -> BackendState:
        """Start the first process; one that does not start is no error here, but the answer of every call."""
        self.exchange()
        self._watcher.start()
        return self.state()

    def exchange(self) -> BackendState:
        """Start a new process, let it take over, and end the old one when its last call is answered."""
        with self._exchanging:
            with self._changed:
                ended, self._current = (self._current, None) if self._alone else (None, self._current)
                self._starting = self._current is None
            if ended is not None:
                ended.retire()
            new, problem = self._try_start()
            with self._changed:
                old, self._current, self._problem = self._current, new, problem
                self._starting = False
                self._changed.notify_all()
            if new is None:
                self._on_change(self.state())
            else:
                new.handle.on_loaded(lambda problem: self._loaded(new, problem))
        if old is not None:
            threading.Thread(target=old.retire, name="backend-retire").start()
        return self.state()

    def settled(self, seconds: float) -> BackendState:
        """Wait until it is known whether the newest process has loaded the author's code, and say so."""
        with self._changed:
            current = self._current
        if current is not None:
            current.settled.wait(seconds)
        return self.state()

    def _loaded(self, running: _Running, problem: str) -> None:
        with self._changed:
            running.problem = problem
            is_current = running is self._current
        running.settled.set()
        if is_current:
            self._on_change(self.state())

    def close(self) -> None:
        """End the process; calls under way fail."""
        self._stopped.set()
        with self._exchanging, self._changed:
            current, self._current = self._current, None
            self._problem = "the preview is ending"
            self._changed.notify_all()
        if current is not None:
            current.handle.stop()

    def state(self) -> BackendState:
        """Say whether the backend runs."""
        with self._changed:
            current = self._current
            if current is None:
                return BackendState(self._mode, False, self._problem)
            return BackendState(self._mode, not current.problem, current.problem)

    def check_health(self, settings: Settings, headers: Mapping[str, str]) -> Health:
        """Ask the data source whether it works."""
        with self._use() as calls:
            return calls.check_health(settings, headers)

    def query_data(
        self, settings: Settings, queries: Sequence[Query], headers: Mapping[str, str], cancel: Cancel
    ) -> Mapping[str, Answer]:
        """Run the queries of one request."""
        with self._use() as calls:
            return calls.query_data(settings, queries, headers, cancel)

    def call_resource(
        self,
        settings: Settings,
        method: str,
        path: str,
        url: str,
        headers: Mapping[str, Sequence[str]],
        body: bytes,
        cancel: Cancel,
    ) -> Iterator[ResourcePart]:
        """Hand an HTTP request to the plugin."""
        with self._use() as calls:
            yield from calls.call_resource(settings, method, path, url, headers, body, cancel)

    def subscribe_stream(self, settings: Settings, path: str) -> Subscription:
        """Ask whether a channel may be opened."""
        with self._use() as calls:
            return calls.subscribe_stream(settings, path)

    def run_stream(self, settings: Settings, path: str, cancel: Cancel) -> Iterator[bytes]:
        """Yield the packets of a channel; one that a new backend cut off goes on there."""
        # No use count: a stream would keep the old process for ever.
        yield from self._wait_for_current().handle.calls.run_stream(settings, path, cancel)

    def collect_metrics(self) -> bytes:
        """Return the backend's metrics."""
        with self._use() as calls:
            return calls.collect_metrics()

    @contextmanager
    def _use(self) -> Iterator[Calls]:
        with self._changed:
            running = self._wait_for_current()
            # Counted before an exchange can find it unused and end it.
            running.begin()
        try:
            yield running.handle.calls
        finally:
            running.end()

    def _wait_for_current(self) -> _Running:
        """Return the running process; one that is just starting is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._starting, _START_WAIT_SECONDS)
            if self._current is None:
                raise BackendUnavailableError(self._problem or "the backend is starting")
            return self._current

    def _try_start(self) -> tuple[_Running | None, str]:
        try:
            return _Running(self._start()), ""
        except BackendStartError as error:
            return None, str(error)

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_SECONDS):
            with self._changed:
                current = self._current
            if current is None or current.handle.running():
                continue
            # Its last words may still be on their way.
            was_loaded = current.settled.wait(_LAST_WORDS_SECONDS)
            with self._changed:
                if self._current is not current:
                    continue
                self._current, self._problem = None, end_reason(current.handle.exit_code(), was_loaded)
            self._on_change(self.state())
            current.handle.stop()
            # One that ends before it has loaded the code would do so again and again.
            if was_loaded and not self._stopped.is_set():
                self.exchange()


class _Running:
    """A process and how many calls are on it."""

    def __init__(self, handle: BackendHandle) -> None:
        self.handle = handle
        self.problem = ""
        self.settled = threading.Event()
        self._calls = 0
        self._idle = threading.Condition()

    def begin(self) -> None:
        with self._idle:
            self._calls += 1

    def end(self) -> None:
        with self._idle:
            self._calls -= 1
            self._idle.notify_all()

    def retire(self) -> None:
        """End the process when nobody uses it, or after a while."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        with self._idle:
            while self._calls and (left := deadline - time.monotonic()) > 0:
                self._idle.wait(left)
        self.handle.stop()
