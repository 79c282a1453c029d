"""One process of a development session's backend, and what its log lines tell of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.calls.launch import BackendCommand
from plugin_cli.session.backend_record import BackendRecord
from plugin_cli.session.log import LogEntry, LogWriter

if TYPE_CHECKING:
    from plugin_sdk.client import LogLine, PluginProcess

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


class Started:
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
