"""One log entry as a line for people."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_cli.session.log import LogEntry

_COLOURS = {"error": "31", "warn": "33", "debug": "2", "trace": "2"}


def log_line(entry: LogEntry) -> str:
    """Return time, level, source, message and fields; what needs lines of its own stands below, indented."""
    clock = time.strftime("%H:%M:%S", time.localtime(entry.time))
    short = {name: value for name, value in entry.fields.items() if "\n" not in str(value)}
    long = [str(value) for value in entry.fields.values() if "\n" in str(value)]
    pairs = "".join(f"  {name}={_value(value)}" for name, value in short.items())
    first, *rest = entry.message.splitlines() or [""]
    head = f"{clock} {_coloured(entry.level)} {entry.source:<7} {first}{pairs}"
    below = [line for text in long for line in text.rstrip().splitlines()]
    return "\n".join([head, *(f"    {line}" for line in (*rest, *below))])


def _value(value: Any) -> str:
    text = str(value)
    return f'"{text}"' if " " in text else text


def _coloured(level: str) -> str:
    colour = _COLOURS.get(level)
    word = f"{level:<5}"
    if colour is None or os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return word
    return f"\x1b[{colour}m{word}\x1b[0m"
