"""Log entries for text that others wrote to stderr: a traceback becomes one entry at error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from plugin_sdk._json_text import loads

Entry = tuple[str, str, dict[str, Any]]

_TRACEBACK = "Traceback (most recent call last):"
_CHAINED = ("During handling of the above", "The above exception was the direct", _TRACEBACK)
_CRASH = re.compile(
    r"Fatal Python error: |Timeout \(\d+:\d\d:\d\d|(Current thread|Thread) 0x|terminate called after"
)
_LEVEL = re.compile(r"\[(TRACE|DEBUG|INFO|WARN|ERROR)\]\s*")


def is_crash(line: str) -> bool:
    """Return True if a line begins the report of a crash."""
    return _CRASH.match(line) is not None


def entries(text: str) -> Iterator[Entry]:
    """Yield level, message and fields of each line; a traceback or crash report is one entry."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        if lines[at].startswith(_TRACEBACK):
            end = _traceback_end(lines, at)
            yield _report(lines[end - 1], lines[at:end])
        elif _CRASH.match(lines[at]):
            end = len(lines)
            yield _report(lines[at], lines[at:])
        else:
            end = at + 1
            if lines[at].strip():
                yield _line(lines[at])
        at = end


def _report(message: str, lines: list[str]) -> Entry:
    return "error", message, {"stack": "\n".join(lines)}


def _traceback_end(lines: list[str], at: int) -> int:
    """Return the index after the last line of a traceback, chained exceptions included."""
    while at < len(lines):
        line = lines[at]
        at += 1
        if not line.strip() or line.startswith((" ", *_CHAINED)):
            continue
        if not any(later.startswith(_CHAINED) for later in lines[at : at + 2]):
            break
    return at


def _line(line: str) -> Entry:
    entry = _hclog_entry(line)
    if entry is not None:
        return entry
    match = _LEVEL.match(line)
    if match is not None:
        return match[1].lower(), line[match.end() :], {"module": "stderr"}
    return "debug", line, {"module": "stderr"}


def _hclog_entry(line: str) -> Entry | None:
    """Return the entry of a line already in hclog's format, such as one of a child process with this SDK."""
    if not line.startswith("{"):
        return None
    try:
        fields = loads(line)
    except ValueError:
        return None
    level, message = fields.pop("@level", None), fields.pop("@message", None)
    if level not in ("trace", "debug", "info", "warn", "error") or not isinstance(message, str):
        return None
    fields.pop("@timestamp", None)
    return level, message, fields
