"""The log of a development session: written by its owner, read and followed by `dev logs`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin_cli.errors import choice_error, disk_error

LEVELS = ("trace", "debug", "info", "warn", "error")
_MAX_BYTES = 4 * 1024 * 1024
_FOLLOW_SECONDS = 0.2


@dataclass(frozen=True)
class LogEntry:
    """One line of a log.

    Attributes:
        time: seconds since 1970.
        source: `plugin`, `grafana` or `dev`.
        level: one of `LEVELS`.
        message: the sentence.
        fields: the key-value pairs that came with it.
    """

    time: float
    source: str
    level: str
    message: str
    fields: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the entry as one line."""
        return json.dumps(self.__dict__, default=str, ensure_ascii=False)


def level_filter(level: str | None) -> Callable[[LogEntry], bool]:
    """Return what lets entries of `level` and above through; None: all.

    Raises:
        UsageError: no such level.
    """
    if level is None:
        return lambda _: True
    floor_name = {"warning": "warn"}.get(level.lower(), level.lower())
    if floor_name not in LEVELS:
        raise choice_error("--level", level, LEVELS)
    floor = LEVELS.index(floor_name)
    return lambda entry: rank(entry.level) >= floor


def rank(level: str) -> int:
    """Return where `level` stands among `LEVELS`; an unknown word counts as debug, as in Grafana."""
    return LEVELS.index(level) if level in LEVELS else LEVELS.index("debug")


class LogWriter:
    """Appends entries; the file is cut to its newer half when it grows large.

    A full disk loses lines and ends nothing: who writes here also keeps the backend's pipes from filling up.

    Args:
        path: of the file, emptied first.
        max_bytes: how large it may grow.
        on_loss: called once per run of failed writes, with a sentence: lines are lost.

    Raises:
        PluginCliError: the file cannot be made.
    """

    def __init__(
        self, path: Path, *, max_bytes: int = _MAX_BYTES, on_loss: Callable[[str], None] = lambda _: None
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._on_loss = on_loss
        self._failing = False
        self._lock = threading.Lock()
        try:
            self._path.write_bytes(b"")
        except OSError as error:
            raise disk_error(path, error) from error

    def write(self, entry: LogEntry) -> None:
        """Append one entry, or lose it where the disk takes none."""
        with self._lock:
            try:
                self._append(entry)
                self._failing = False
            except (TypeError, ValueError, RecursionError):
                pass  # a value in it cannot be written as JSON
            except OSError as error:
                if not self._failing:
                    self._on_loss(f"the log loses lines: {disk_error(self._path, error)}")
                self._failing = True

    def _append(self, entry: LogEntry) -> None:
        with self._path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(entry.to_json() + "\n")
            size = file.tell()
        if size > self._max_bytes:
            self._halve()

    def line(self, source: str, level: str, message: str, **fields: Any) -> None:
        """Append an entry of this moment."""
        self.write(LogEntry(time.time(), source, level, message, fields))

    def _halve(self) -> None:
        lines = self._path.read_bytes().splitlines(keepends=True)
        self._path.write_bytes(b"".join(lines[len(lines) // 2 :]))


def read_log(path: Path) -> list[LogEntry]:
    """Return all entries; an empty list if there is no log."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [entry for line in text.splitlines() if (entry := _parse(line)) is not None]


def follow_log(path: Path, alive: Callable[[], bool]) -> Iterator[LogEntry]:
    """Yield all entries, then new ones as they come, until `alive` returns False and nothing is left."""
    offset = 0
    while True:
        # Checked before reading, so that the final lines of a session that ends are not lost.
        ended = not alive()
        data = _read_from(path, offset)
        if data is None:
            offset = 0
            continue
        complete, _, _ = data.rpartition(b"\n")
        if complete:
            offset += len(complete) + 1
            for line in complete.decode("utf-8", "replace").splitlines():
                if (entry := _parse(line)) is not None:
                    yield entry
        if ended:
            return
        time.sleep(_FOLLOW_SECONDS)


def _read_from(path: Path, offset: int) -> bytes | None:
    """Return what stands behind `offset`; None when the file was cut and is shorter now."""
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) < offset:
                return None
            file.seek(offset)
            return file.read()
    except OSError:
        return b""


def _parse(line: str) -> LogEntry | None:
    try:
        document = json.loads(line)
        return LogEntry(**document)
    except (ValueError, TypeError, RecursionError):
        return None
