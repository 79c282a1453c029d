"""Grafana's log lines, and which of them concern one plugin."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from plugin_cli.session.log import LogEntry

_PAIR = re.compile(r'([\w.@]+)=("(?:[^"\\]|\\.)*"|\S*)')
# What every line carries and the entry has in fields of its own.
_OWN = {"t", "lvl", "level", "msg", "logger"}
_LEVELS = {"dbug": "debug", "eror": "error", "crit": "error", "critical": "error", "warning": "warn"}


def parse_line(line: str, now: float) -> LogEntry:
    """Return a line of Grafana's log, JSON or logfmt, as an entry; other text is one too, at info."""
    fields = _json_fields(line) or _logfmt_fields(line)
    if "msg" not in fields:
        return LogEntry(now, "grafana", "info", line, {})
    level = str(fields.get("level") or fields.get("lvl") or "info").lower()
    rest = {key: value for key, value in fields.items() if key not in _OWN}
    logger = str(fields.get("logger", ""))
    if logger:
        rest["logger"] = logger
    source = "plugin" if logger.startswith("plugin.") else "grafana"
    return LogEntry(_time(fields.get("t"), now), source, _LEVELS.get(level, level), str(fields["msg"]), rest)


def concerns(entry: LogEntry, plugin_id: str) -> bool:
    """Return True if the line is about this plugin, of the loading of plugins, or of Grafana failing."""
    logger = str(entry.fields.get("logger", ""))
    if logger.startswith("plugin."):
        return logger == f"plugin.{plugin_id}" and entry.fields.get("pluginId", plugin_id) == plugin_id
    if logger.startswith("plugins"):
        # Which of the two a line has depends on who wrote it; in a plugin's own lines `id` is a process.
        return (entry.fields.get("pluginId") or entry.fields.get("id") or plugin_id) == plugin_id
    if any(value == plugin_id for value in entry.fields.values()) or plugin_id in entry.message:
        return True
    if logger.startswith("provisioning") and "no such file or directory" in str(entry.fields.get("error")):
        return False  # a kind of thing that this plugin provisions none of
    return entry.level == "error" or (logger.startswith("provisioning") and entry.level == "warn")


def _json_fields(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _logfmt_fields(line: str) -> dict[str, Any]:
    return {name: _unquoted(value) for name, value in _PAIR.findall(line)}


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    try:
        return str(json.loads(value))
    except ValueError:
        return value.strip('"')


def _time(text: Any, now: float) -> float:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return now
