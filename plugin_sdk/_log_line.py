"""One log line: its level, message and time, the facts of the request being served, and its own fields."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from plugin_sdk import _secrets

MAX_LINE_BYTES = 60_000
"""go-plugin splits lines at 64 KiB and loses their level; longer lines are shortened before."""

# Characters of a value: an escaped one takes up to six bytes, and with the last limit every line fits.
_VALUE_LIMITS = (MAX_LINE_BYTES // 12, 1_000, 80)
_MAX_FIELDS = 40
_MAX_KEY_LENGTH = 100
_MAX_KEPT = 200  # characters of a text that is encoded once for many lines
_MAX_DEPTH = 16  # of nested fields; deeper values, and those that contain themselves, become text
# The keys of hclog and of Grafana: in Grafana's log, a field of that name would replace the line's level,
# time or message, or the logger name `plugin.<id>` by which operators find the line.
_HCLOG = {"@message", "@level", "@timestamp", "@module", "@caller", "timestamp"}
_RESERVED = frozenset(_HCLOG | {"logger", "level", "lvl", "msg", "t"})
# Bound here, so that lines are made whatever the plugin's code does to the modules.
_time_ns, _strftime, _gmtime = time.time_ns, time.strftime, time.gmtime

_NOTHING: Mapping[str, Any] = MappingProxyType({})
request_fields: ContextVar[Mapping[str, Any]] = ContextVar("request_fields", default=_NOTHING)
"""Facts about the current request, which are added to every line logged while it is served."""


def encode(level: str, message: str, fields: Mapping[str, Any]) -> bytes:
    """Return one line with its newline; without it, at most `MAX_LINE_BYTES` long."""
    context, struck = request_fields.get(), _secrets.generation()
    parts = [f'{{"@level":"{level}","@message":{_quoted(_secrets.strike(str(message)))}']
    parts.append(f',"@timestamp":"{_timestamp()}"')
    parts += [_repeated(name, value, struck) for name, value in context.items()]
    parts += [_member(name, value) for name, value in fields.items()]
    line = "".join(parts).encode()
    if len(line) < MAX_LINE_BYTES and _are_distinct(context, fields):
        return line + b"}\n"
    return _of_entry(level, message, context, fields)


def _of_entry(level: str, message: str, context: Mapping[str, Any], fields: Mapping[str, Any]) -> bytes:
    """Return a line that is too long, or in which a field replaces another of the same name."""
    entry: dict[str, Any] = {
        "@level": level,
        "@message": _secrets.strike(str(message)),
        "@timestamp": _timestamp(),
    }
    for source in (context, fields):
        for key, value in source.items():
            entry[_name(key)] = _plain(value)
    line = _dump(entry)
    limits = iter(_VALUE_LIMITS)
    while len(line) > MAX_LINE_BYTES:
        line = _dump(_shortened(entry, next(limits)))
    return line + b"\n"


class _Encoder(json.JSONEncoder):
    """Keeps the methods as they are now, whatever the plugin's code does to the class."""

    encode = json.JSONEncoder.encode
    iterencode = json.JSONEncoder.iterencode


_ENCODER = _Encoder(allow_nan=False, separators=(",", ":"))
_quoted = json.encoder.encode_basestring_ascii


def _dump(entry: Mapping[str, Any]) -> bytes:
    # In ASCII output a lone surrogate is an escape, which Go reads as U+FFFD: every line can be encoded.
    return _ENCODER.encode(entry).encode()


def _name(key: Any) -> str:
    name = str(key)
    return name + "_" if name in _RESERVED else name


def _are_distinct(context: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    names = {*map(_name, context), *map(_name, fields)}
    return len(names) == len(context) + len(fields)


def _member(key: Any, value: Any) -> str:
    """Return one field as a member of a JSON object, after the comma before it."""
    plain = _plain(value)
    text = _quoted(plain) if type(plain) is str else _ENCODER.encode(plain)
    return f",{_quoted(_name(key))}:{text}"


def _repeated(key: Any, value: Any, struck: int) -> str:
    """Return a field of the request, which each of its lines has, and mostly those of the next one too."""
    if type(key) is type(value) is str and len(value) <= _MAX_KEPT:
        return _kept(key, value, struck)
    return _member(key, value)


@lru_cache(maxsize=512)
def _kept(key: Any, value: str, _struck: int) -> str:
    return _member(key, value)


def _plain(value: Any, depth: int = _MAX_DEPTH) -> Any:
    """Return a value that JSON can represent: NaN or an arbitrary object would make the line invalid."""
    if isinstance(value, str):
        return _secrets.strike(value)
    if value is None or isinstance(value, bool):
        return value
    try:
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**63 else str(value)
        if isinstance(value, float):
            return value if value - value == 0 else str(value)
        if depth and isinstance(value, Mapping):
            return {_secrets.strike(str(key)): _plain(item, depth - 1) for key, item in value.items()}
        if depth and isinstance(value, (list, tuple)):
            return [_plain(item, depth - 1) for item in value]
        return _secrets.strike(str(value))
    except Exception:
        return f"<{type(value).__name__} without a representation>"


def _shortened(entry: Mapping[str, Any], limit: int) -> dict[str, Any]:
    first = list(entry.items())[:_MAX_FIELDS]
    return {_cut(key, _MAX_KEY_LENGTH): _cut(value, limit) for key, value in first} | {"cut": True}


def _cut(value: Any, limit: int) -> Any:
    """Return a number unchanged and anything else as text of at most about `limit` characters."""
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    return text if len(text) <= limit else _ends(text, limit)


def _ends(text: str, limit: int) -> str:
    # The end of a traceback matters most, and the beginning of a message: keep both.
    half = limit // 4
    return f"{text[:half]} ... {len(text) - 2 * half} characters omitted ... {text[-half:]}"


def _timestamp() -> str:
    second, rest = divmod(_time_ns() // 1000, 1_000_000)
    return f"{_clock(second)}.{rest:06d}Z"


@lru_cache(maxsize=1)
def _clock(second: int) -> str:
    return _strftime("%Y-%m-%dT%H:%M:%S", _gmtime(second))
