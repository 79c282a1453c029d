"""Log lines on stderr as go-plugin reads them: one JSON object a line (hclog's format).

Grafana parses each line. One that is not JSON is shown at debug level, which hides it; one whose `@message`,
`@level` or `@timestamp` is not a string ends the whole Grafana process. So every line is made here.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

MAX_LINE_BYTES = 60_000
"""go-plugin cuts lines at 64 KiB and forgets their level; ours are shortened before."""

# An escaped character takes up to six bytes; with the last of these rooms every line fits.
_ROOMS = (MAX_LINE_BYTES // 12, 1_000, 80)
_MOST_FIELDS = 40
_LONGEST_KEY = 100
_DEEPEST = 16  # levels of nested fields; below, and in what holds itself, they are text
_LEVELS = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40}
# hclog's own keys, and Grafana's: in its log, a field of that name would stand instead of the line's level,
# time, message, or the name `plugin.<id>` by which operators find the line.
_HCLOG = {"@message", "@level", "@timestamp", "@module", "@caller", "timestamp"}
_RESERVED = frozenset(_HCLOG | {"logger", "level", "lvl", "msg", "t"})
_write_lock = threading.Lock()
_waiting: deque[bytes] = deque()
_MOST_WAITING = 1_000
"""Lines kept for a reader that is slow; then whoever logs waits for it."""
_stderr_fd = 2
_level = 10


def _on_broken_pipe() -> None:
    return None


_NOTHING: Mapping[str, Any] = MappingProxyType({})
request_fields: ContextVar[Mapping[str, Any]] = ContextVar("request_fields", default=_NOTHING)
"""What is known of the request being served; added to every line logged while it is."""


def configure(*, level: str = "debug", fd: int = 2, on_broken_pipe: Callable[[], None] | None = None) -> None:
    """Set where lines go, the lowest level written, and what to do when nobody reads stderr any more."""
    global _level, _stderr_fd, _on_broken_pipe
    _level = _LEVELS.get(level.lower(), 10)
    _stderr_fd = fd
    if on_broken_pipe is not None:
        _on_broken_pipe = on_broken_pipe


def enabled(level: str) -> bool:
    """Tell whether lines of this level are written."""
    return _LEVELS[level] >= _level


def log(level: str, message: str, /, **fields: Any) -> None:
    """Write one line. Fields named like keys of hclog or Grafana are kept under a trailing underscore."""
    if _LEVELS[level] >= _level:
        write_line(encode(level, message, fields))
        if level == "error":
            flush()  # perhaps the last words of this process


def log_exception(message: str, error: BaseException | None, /, **fields: Any) -> None:
    """Write one line at error with the traceback of `error`."""
    if error is not None:
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        fields = {**fields, "error": str(error) or type(error).__name__, "stack": trace}
    log("error", message, **fields)


def encode(level: str, message: str, fields: Mapping[str, Any]) -> bytes:
    """Return one line, ended by a newline, at most `MAX_LINE_BYTES` long."""
    entry: dict[str, Any] = {"@level": level, "@message": str(message), "@timestamp": _timestamp()}
    context = request_fields.get()
    for source in (context, fields):
        for key, value in source.items():
            name = str(key)
            entry[name + "_" if name in _RESERVED else name] = _plain(value)
    line = _dump(entry)
    rooms = iter(_ROOMS)
    while len(line) > MAX_LINE_BYTES:
        line = _dump(_shortened(entry, next(rooms)))
    return line + b"\n"


_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def _dump(entry: Mapping[str, Any]) -> bytes:
    # ASCII output carries lone surrogates as escapes, which Go reads as U+FFFD: no line can fail to encode.
    return _ENCODER.encode(entry).encode()


def _plain(value: Any, depth: int = _DEEPEST) -> Any:
    """Return a value that JSON has, because NaN or a foreign object would spoil the whole line."""
    if value is None or isinstance(value, (bool, str)):
        return value
    try:
        if isinstance(value, int):
            return value if -(2**63) <= value < 2**63 else str(value)
        if isinstance(value, float):
            return value if value - value == 0 else str(value)
        if depth and isinstance(value, Mapping):
            return {str(key): _plain(item, depth - 1) for key, item in value.items()}
        if depth and isinstance(value, (list, tuple)):
            return [_plain(item, depth - 1) for item in value]
        return str(value)
    except Exception:
        return f"<{type(value).__name__} that cannot be shown>"


def _shortened(entry: Mapping[str, Any], room: int) -> dict[str, Any]:
    first = list(entry.items())[:_MOST_FIELDS]
    return {_cut(key, _LONGEST_KEY): _cut(value, room) for key, value in first} | {"cut": True}


def _cut(value: Any, room: int) -> Any:
    """Return a number as it is and anything else as text of about `room` characters at most."""
    if value is None or isinstance(value, (int, float)):
        return value
    text = str(value)
    return text if len(text) <= room else _ends(text, room)


def _ends(text: str, room: int) -> str:
    # The end of a traceback tells most, the beginning of a message does: keep both.
    half = room // 4
    return f"{text[:half]} ... {len(text) - 2 * half} characters left out ... {text[-half:]}"


def _timestamp() -> str:
    now = time.time_ns() // 1000
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 1_000_000)) + f".{now % 1_000_000:06d}Z"


def write_line(line: bytes) -> None:
    """Write a whole line to stderr; a reader that has gone means that Grafana has.

    Whoever is writing takes the lines of others along: a thread that waited for its turn would wait for the
    interpreter as well, twice for each request.
    """
    _waiting.append(line)
    patient = len(_waiting) > _MOST_WAITING
    while _waiting and _write_lock.acquire(blocking=patient):
        try:
            _write(_taken())
        finally:
            _write_lock.release()


def flush() -> None:
    """Return when every line logged so far is written: before the process ends."""
    with _write_lock:
        _write(_taken())


def _taken() -> bytes:
    lines = []
    with contextlib.suppress(IndexError):
        while True:
            lines.append(_waiting.popleft())
    return b"".join(lines)


def _write(lines: bytes) -> None:
    view = memoryview(lines)
    try:
        while view:
            view = view[os.write(_stderr_fd, view) :]
    except BrokenPipeError:
        _on_broken_pipe()
    except OSError:
        pass


class HclogHandler(logging.Handler):
    """Carries Python's `logging` to Grafana; `extra={...}` becomes fields of the line."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a record that cannot be formatted is reported as such."""
        try:
            fields = {key: value for key, value in vars(record).items() if key not in self._STANDARD}
            if record.exc_info and record.exc_info[1] is not None:
                fields["stack"] = "".join(traceback.format_exception(*record.exc_info))
                fields.setdefault("error", str(record.exc_info[1]) or record.exc_info[0].__name__)
            log(_level_of(record.levelno), record.getMessage(), module=record.name, **fields)
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # the name is logging's
        """Say where the bad logging call stands instead of losing it."""
        log_exception(
            "a log line could not be formatted", sys.exc_info()[1], at=f"{record.pathname}:{record.lineno}"
        )


def _level_of(number: int) -> str:
    for level in ("error", "warn", "info", "debug"):
        if number >= _LEVELS[level]:
            return level
    return "trace"


def install() -> None:
    """Send `logging`, uncaught exceptions of every thread and warnings through this module."""
    root = logging.getLogger()
    root.addHandler(HclogHandler())
    root.setLevel(_level)
    logging.captureWarnings(True)
    # Their debug lines describe each packet of our own server.
    for noisy in ("grpc", "asyncio", "httpcore", "httpx"):
        logging.getLogger(noisy).setLevel(max(_level, logging.INFO))
    sys.excepthook = lambda _type, error, _trace: log_exception("uncaught exception", error)
    threading.excepthook = lambda args: log_exception(
        "uncaught exception in a thread", args.exc_value, thread=args.thread.name if args.thread else ""
    )
    sys.unraisablehook = lambda args: log_exception(args.err_msg or "exception ignored", args.exc_value)
