"""Redacts the secrets of data sources in everything that people may read: error texts and log lines.

An API key in the URL of a failed request would otherwise reach every viewer of the dashboard, and the log.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

MARK = "[secret]"
_MOST = 2_000
"""How many secrets are remembered; the oldest are dropped first, long after their settings."""
_SHORT = 6
"""A value of fewer characters is redacted only as a whole word: `key` is part of many words."""
_LINE = 16
"""The length from which lines of a longer secret, such as a private key, are redacted separately."""

_lock = threading.Lock()
_values: dict[str, None] = {}
_pattern: re.Pattern[str] | None = None
_generation = 0


def register(secrets: Mapping[str, str], user: str = "") -> None:
    """Remember the values of a data source's secrets; `user` is the name for its password."""
    found = [value for value in secrets.values() if value.strip()]
    if all(value in _values for value in found):
        return
    global _pattern, _generation
    with _lock:
        for value in found:
            _values.pop(value, None)
            _values[value] = None
        for value in list(_values)[:-_MOST]:
            del _values[value]
        forms = {form: None for value in _values for form in _forms(value, user)}
        ordered = sorted(forms, key=len, reverse=True)  # a secret may start with another
        _pattern = re.compile("|".join(map(_expression, ordered)))
        _generation += 1


def _forms(value: str, user: str) -> list[str]:
    """Return the forms in which a secret may be written: plain, in a URL, in a literal, in a header."""
    import base64
    import json
    from urllib.parse import quote, quote_plus

    encoded = value.encode("utf-8", "replace")
    basic = [encoded] + ([user.encode() + b":" + encoded] if user else [])
    lines = [line.strip() for line in value.splitlines() if len(line.strip()) >= _LINE]
    return [
        value,
        value.strip(),
        quote(encoded, safe=""),
        quote(encoded),
        quote_plus(encoded),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        *(base64.b64encode(part).decode() for part in basic if len(part) >= _SHORT),
        *(lines if len(lines) > 1 else ()),
    ]


def _expression(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _SHORT else rf"(?<![^\W_]){escaped}(?![^\W_])"


def strike(text: str) -> str:
    """Return `text` with every known secret replaced by a mark."""
    return text if _pattern is None else _pattern.sub(MARK, text)


def generation() -> int:
    """Return a number that changes with what is redacted, for who keeps a redacted text."""
    return _generation


def strike_all(value: Any) -> Any:
    """Return decoded JSON with every known secret in its texts redacted."""
    if isinstance(value, str):
        return strike(value)
    if isinstance(value, dict):
        return {strike_all(key): strike_all(item) for key, item in value.items()}
    return [strike_all(item) for item in value] if isinstance(value, list) else value


class StruckStream:
    """A text stream that redacts secrets, since what is printed also goes to the log."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text` with secrets redacted; return its original length, so that no caller writes a rest."""
        self._stream.write(strike(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write every line with secrets redacted."""
        for line in lines:
            self.write(line)

    def reopen(self, descriptor: int) -> None:
        """Write to a new stream on `descriptor`, in a forked child.

        A thread that the child does not have may hold the old stream's lock: whoever flushed it would wait
        for ever, and so would its deallocation. What it has buffered is the parent's.
        """
        _abandoned.append(self._stream)
        self._stream = open(  # noqa: SIM115  # stays open
            descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


_abandoned: list[Any] = []
