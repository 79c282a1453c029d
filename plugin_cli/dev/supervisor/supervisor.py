"""Runs the backend of a session: a new process takes over before the old one stops."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from plugin_cli.calls.launch import BackendKind, LaunchSpec
from plugin_cli.dev.supervisor.failure_reasons import end_reason, start_reason
from plugin_cli.dev.supervisor.process import BackendProcess, Standby
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogWriter

# As often as Grafana looks whether a plugin's process has ended.
_WATCH_SECONDS = 1.0
_FINAL_LINES_SECONDS = 1.0
# How long the page, or the start of Grafana, waits for the author's code to load.
_LOAD_SECONDS = 10.0


class Front(Protocol):
    """What passes calls on to the backend."""

    def hold(self) -> None:
        """Let calls wait: another process takes over in a moment."""
        ...

    def point_at(self, process: BackendProcess) -> None:
        """Send calls to `process` from now on."""
        ...

    def refuse(self, status: BackendStatus) -> None:
        """Answer calls with the reason: no process runs."""
        ...

    def release(self, process: BackendProcess) -> None:
        """Let calls under way on `process` be answered, within seconds; then it is stopped."""
        ...

    def close(self) -> None:
        """Take no more calls, and end those under way."""
        ...


class Supervisor:
    """Runs the backend of a session.

    Args:
        project: the plugin.
        next_spec: called before each start; raises PluginCliError where the backend cannot be launched.
        front: passes calls on.
        log: gets the backend's lines.
        schemas: a directory for the schemas of the models, which a backend from source writes itself; removed
            in the end.
        exclusive: the old process has to end before the next one starts, since both need the same port.
        stand_in: launches what answers with the reason, one sentence, while the backend does not run;
            None: the front does.
    """

    def __init__(
        self,
        project: Project,
        next_spec: Callable[[], LaunchSpec],
        front: Front,
        log: LogWriter,
        *,
        schemas: Path,
        exclusive: bool = False,
        stand_in: Callable[[str], LaunchSpec] | None = None,
    ) -> None:
        self._project = project
        self._next_spec = next_spec
        self._front = front
        self._log = log
        self._schemas = schemas
        self._exclusive = exclusive
        self._stand_in = stand_in
        self._numbers = itertools.count(1)
        self.standby = Standby(partial(self._make, standby=True))
        self._subscribers: list[Callable[[BackendStatus], None]] = []
        # Guards what is current and what is published of it; never held while a process starts or stops.
        self._lock = threading.RLock()
        self._current: BackendProcess | None = None
        self._status = BackendStatus(None)
        self._replacing = threading.RLock()
        self._stopped = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="backend-watch", daemon=True)
        self._stopping: list[threading.Thread] = []

    @property
    def status(self) -> BackendStatus:
        """How the newest process is doing."""
        return self._status

    def subscribe(self, subscriber: Callable[[BackendStatus], None]) -> None:
        """Call `subscriber` with each new status, from several threads, one at a time."""
        self._subscribers.append(subscriber)

    def start(self) -> None:
        """Start the first process.

        Raises:
            PluginCliError: it does not start.
        """
        from plugin_sdk.client import PluginStartError

        try:
            with self._replacing:
                self._take_over(self._start())
        except PluginStartError as error:
            raise PluginCliError(
                f"the backend of {self._project.plugin_id} did not start",
                why=str(error),
                remedy="fix the code, then: plugin-cli dev up",
            ) from error

    def replace(self) -> BackendStatus:
        """Start a process, let it take over, and stop the old one when its calls are answered.

        One that does not start is not an error: until one does, every call is answered with the reason.
        """
        from plugin_sdk.client import PluginStartError

        with self._replacing:
            if self._stopped.is_set():
                return self._status
            if self._exclusive or self._current is None:
                self._front.hold()
            if self._exclusive:
                self._stop(self._set_current(None))
            try:
                self._take_over(self._start())
            except PluginStartError as error:
                self._fail(str(error), start_reason(error, self._project.root))
            except (PluginCliError, OSError) as error:  # also a disk that is full
                self._fail(str(error), str(error))
        return self._status

    def wait_until_loaded(self, seconds: float = _LOAD_SECONDS) -> BackendStatus:
        """Return the status once it is known whether the author's code is loaded, or after that time."""
        process = self._current
        if process is not None:
            process.wait_until_loaded(seconds)
        return self._status

    def schema(self, seconds: float = _LOAD_SECONDS) -> dict[str, Any] | None:
        """Return the newest backend's `{"schema"}` or `{"error"}`; None: it has none within that time."""
        process = self._current
        return None if process is None else process.schema(seconds)

    def close(self) -> None:
        """Stop everything; calls under way fail."""
        self._stopped.set()
        self._front.close()
        self.standby.close()
        with self._replacing:
            self._stop(self._set_current(None))
        for thread in self._stopping:
            thread.join()
        shutil.rmtree(self._schemas, ignore_errors=True)

    def _make(self, spec: LaunchSpec, *, standby: bool = False) -> BackendProcess:
        describes = spec.kind is BackendKind.SOURCE
        schema = self._schemas / f"schema-{next(self._numbers)}.json" if describes else None
        return BackendProcess(spec, self._project.plugin_id, self._log, schema=schema, standby=standby)

    def _start(self) -> BackendProcess:
        from plugin_sdk.client import PluginStartError

        spec = self._next_spec()
        waiting = self.standby.take(spec)
        if waiting is not None:
            # Whatever happened to it meanwhile need not happen to a new one.
            with suppress(PluginStartError):
                waiting.start()
                return waiting
        process = self._make(spec)
        process.start()
        return process

    def _take_over(self, process: BackendProcess) -> None:
        old = self._set_current(process)
        self._front.point_at(process)
        process.subscribe(partial(self._publish, process))
        self._stop_in_background(old)
        if not self._watcher.ident:
            self._watcher.start()

    def _fail(self, reason: str, sentence: str) -> None:
        """Answer calls with the reason from now on."""
        status = BackendStatus(None, False, reason)
        stand_in = self._start_stand_in(sentence)
        old = self._set_current(stand_in)
        if stand_in is None:
            self._front.refuse(status)
        else:
            self._front.point_at(stand_in)
        self._publish(stand_in, status)
        self._stop_in_background(old)

    def _start_stand_in(self, sentence: str) -> BackendProcess | None:
        from plugin_sdk.client import PluginStartError

        if self._stand_in is None:
            return None
        process = BackendProcess(self._stand_in(sentence), self._project.plugin_id, None)
        try:
            process.start()
        except PluginStartError as error:
            self._log.line("dev", "error", "what answers in its place did not start", reason=str(error))
            return None
        return process

    def _set_current(self, process: BackendProcess | None) -> BackendProcess | None:
        """Return the process before."""
        with self._lock:
            old, self._current = self._current, process
        return old

    def _publish(self, process: BackendProcess | None, status: BackendStatus) -> None:
        with self._lock:
            if process is not self._current or self._stopped.is_set():
                return
            self._status = status
            for subscriber in self._subscribers:
                self._notify(subscriber, status)
        if process is not None and status.loaded is not None:
            self.standby.launch(process.spec)

    def _notify(self, subscriber: Callable[[BackendStatus], None], status: BackendStatus) -> None:
        try:
            subscriber(status)
        except Exception as error:  # one that cannot be reached keeps the news from no other
            self._log.line("dev", "error", "a change of the backend was not passed on", reason=str(error))

    def _stop(self, process: BackendProcess | None) -> None:
        if process is not None:
            self._front.release(process)
            process.stop()

    def _stop_in_background(self, process: BackendProcess | None) -> None:
        if process is not None:
            thread = threading.Thread(target=self._stop, args=(process,), name="backend-stop")
            thread.start()
            self._stopping = [*(old for old in self._stopping if old.is_alive()), thread]

    def _watch(self) -> None:
        while not self._stopped.wait(_WATCH_SECONDS):
            process = self._current
            try:
                if process is not None and not process.running():
                    # Its final log lines may not have been read yet.
                    self._ended(process, process.wait_until_loaded(_FINAL_LINES_SECONDS))
            except Exception as error:  # the next look must come, whatever became of this one
                self._log.line("dev", "error", "the backend was not started again", reason=str(error))

    def _ended(self, process: BackendProcess, was_loaded: bool) -> None:
        """Restart a process that ended by itself, unless it would do so again and again."""
        reason = end_reason(process.exit_code(), was_loaded=was_loaded)
        with self._replacing:
            if self._current is not process or self._stopped.is_set():
                return
            if not was_loaded:
                self._fail(reason, reason)
                return
            self._front.hold()
            self._stop_in_background(self._set_current(None))
            self._publish(None, BackendStatus(None, False, reason))
            self.replace()
