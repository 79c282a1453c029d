"""The processes of a development session's backend, one after the other; the next one is half way ahead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.adapters.backend import BackendCommand, BackendKind
from plugin_cli.adapters.json_file import read_json
from plugin_cli.adapters.session_backend import BackendRecord
from plugin_cli.adapters.session_log import LogEntry, LogWriter

if TYPE_CHECKING:
    from plugin_sdk.testing import LogLine, PluginProcess

# The fields by which the backend tells what became of the author's code.
_LOADED, _NOT_LOADED, _DESCRIBED = "plugin-loaded", "plugin-not-loaded", "plugin-described"
_TOLD = ("event", "reason", "file", "line")


class Loading:
    """Whether the author's code was loaded; known once, told to whoever asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._problem: str | None = None
        self._waiting: list[Callable[[str], None]] = []

    @property
    def problem(self) -> str:
        """Why it was not loaded; empty where it was, or is not known yet."""
        return self._problem or ""

    def settle(self, problem: str) -> None:
        """Say that it was loaded (an empty text), or why not."""
        with self._lock:
            self._problem, waiting = problem, self._waiting
            self._waiting = []
        for callback in waiting:
            callback(problem)

    def then(self, callback: Callable[[str], None]) -> None:
        """Have `callback(problem)` called once that is known; at once if it is."""
        with self._lock:
            if self._problem is None:
                self._waiting.append(callback)
                return
        callback(self._problem)


@dataclass(frozen=True)
class DevCommand:
    """How the next process is started.

    Attributes:
        command: the program, its environment and folder.
        ahead: whether its packages may be imported before the author saves.
        version: a process that was started ahead of another version is of no use.
    """

    command: BackendCommand
    ahead: bool = False
    version: int = 0


class DevProcesses:
    """Starts the backend again and again.

    Args:
        plugin_id: of the plugin.
        next_command: asked before each start: a changed pyproject.toml installs what it asks for.
        log: gets the backend's lines.
        record: told what becomes of each process.
        schemas: a folder for the schemas of the models, which a backend from source describes itself.
    """

    def __init__(
        self,
        plugin_id: str,
        next_command: Callable[[], DevCommand],
        log: LogWriter,
        record: Callable[[BackendRecord], None],
        schemas: Path | None = None,
    ) -> None:
        self._plugin_id = plugin_id
        self._next_command = next_command
        self._log = log
        self._record = record
        self._lock = threading.Lock()
        self._closed = False
        self._schemas = schemas
        self._made = 0
        self._newest: _Started | None = None
        self._ahead: _Started | None = None

    def start(self) -> tuple[PluginProcess, Loading]:
        """Return a process that answers, and whether it has loaded the author's code.

        Raises:
            PluginStartError: it does not start.
            PluginCliError: its environment cannot be made.
        """
        from plugin_sdk.testing import PluginStartError

        wanted = self._next_command()
        started = self._take_ahead(wanted) or self._make(wanted)
        self._newest = started
        try:
            try:
                started.process.__enter__()
            except PluginStartError:
                if not started.ahead:
                    raise
                # Whatever happened to it while it waited, a new one need not share it.
                started = self._make(wanted)
                self._newest = started
                started.process.__enter__()
        except PluginStartError as error:
            self._newest = None
            self._record(BackendRecord(None, False, str(error)))
            raise
        started.begin(self._record)
        started.loading.then(lambda _: self._prepare(wanted))
        return started.process, started.loading

    def ended(self, reason: str) -> None:
        """Record that the newest backend ended, unless it is recorded why it did not load or start."""
        newest = self._newest
        if newest is not None and not newest.loading.problem:
            self._record(BackendRecord(None, False, reason))

    def schema(self, seconds: float) -> dict[str, Any] | None:
        """Return the newest backend's `{"schema"}` or `{"error"}`; None: it says nothing in that time."""
        newest = self._newest
        if newest is None or newest.schema is None or not newest.described.wait(seconds):
            return None
        problem = newest.loading.problem
        return {"error": problem} if problem else read_json(newest.schema)

    @property
    def waiting(self) -> PluginProcess | None:
        """The process that takes over next."""
        with self._lock:
            return None if self._ahead is None else self._ahead.process

    def close(self) -> None:
        """End the process that waits."""
        with self._lock:
            self._closed = True
            waiting, self._ahead = self._ahead, None
        if waiting is not None:
            waiting.process.discard()

    def _make(self, wanted: DevCommand, *, ahead: bool = False) -> _Started:
        from plugin_sdk.testing import PluginProcess

        command = wanted.command
        started = _Started(wanted, ahead, self._log, lambda: self._newest is started)
        environment = dict(command.env) | {"PLUGIN_CLI_DEV": "1"}
        if self._schemas is not None and command.kind is BackendKind.SOURCE:
            self._made += 1
            started.schema = self._schemas / f"schema-{self._made}.json"
            environment["PLUGIN_CLI_SCHEMA_FILE"] = str(started.schema)
        started.process = PluginProcess(
            (*command.argv, "--wait") if ahead else command.argv,
            # The backend writes the line that tells of its loading, whatever log level the author set.
            env=environment,
            cwd=command.cwd,
            plugin_id=self._plugin_id,
            on_log=started.heard,
            waits=ahead,
        )
        return started

    def _take_ahead(self, wanted: DevCommand) -> _Started | None:
        with self._lock:
            waiting, self._ahead = self._ahead, None
        if waiting is None or (waiting.wanted == wanted and waiting.process.running()):
            return waiting
        waiting.process.discard()
        return None

    def _prepare(self, wanted: DevCommand) -> None:
        """Start the process that takes over at the next save."""
        if not wanted.ahead:
            return
        with self._lock:
            if self._closed or self._ahead is not None:
                return
            next_one = self._make(wanted, ahead=True)
            from plugin_sdk.testing import PluginStartError

            with suppress(PluginStartError):
                next_one.process.prepare()
                self._ahead = next_one


class _Started:
    """One process, and what its log lines tell of it."""

    process: PluginProcess

    def __init__(
        self, wanted: DevCommand, ahead: bool, log: LogWriter, is_newest: Callable[[], bool]
    ) -> None:
        self.wanted = wanted
        self.loading = Loading()
        self.schema: Path | None = None
        self.described = threading.Event()
        self.ahead = ahead
        self._log = log
        self._is_newest = is_newest
        self._lock = threading.Lock()
        self._told: Mapping[str, Any] | None = None
        self._record: Callable[[BackendRecord], None] | None = None

    def heard(self, line: LogLine) -> None:
        """Take one line of the backend."""
        event = line.fields.get("event")
        kept = {key: value for key, value in line.fields.items() if event is None or key not in _TOLD}
        self._log.write(LogEntry(time.time(), "plugin", line.level, line.message, kept))
        if event in (_LOADED, _NOT_LOADED):
            with self._lock:
                self._told = line.fields
            self._settle()
        if event in (_DESCRIBED, _NOT_LOADED):
            self.described.set()

    def begin(self, record: Callable[[BackendRecord], None]) -> None:
        """Record where it answers, now and with what it tells of its loading."""
        with self._lock:
            self._record = record
            if self._is_newest():
                record(BackendRecord(self.process.address))
        self._settle()

    def _settle(self) -> None:
        with self._lock:
            told, record = self._told, self._record
            if told is None or record is None:
                return
            self._record = None
            found = BackendRecord(self.process.address, told["event"] == _LOADED)
            if not found.loaded:
                found = replace(
                    found,
                    reason=str(told.get("reason", "")),
                    file=str(told.get("file", "")),
                    line=told.get("line"),
                )
            if self._is_newest():
                record(found)
        self.loading.settle(found.reason)
