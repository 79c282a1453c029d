"""Log lines on stderr as go-plugin reads them: one JSON object a line (hclog's format).

Grafana parses each line. A line that is not JSON is logged at debug, where nobody sees it; one whose
`@message`, `@level` or `@timestamp` is not a string ends the whole Grafana process. So every line is written
here.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from plugin_sdk._log_line import MAX_LINE_BYTES as MAX_LINE_BYTES
from plugin_sdk._log_line import encode as encode
from plugin_sdk._log_line import request_fields as request_fields

_LEVELS = {"trace": 5, "debug": 10, "info": 20, "warn": 30, "error": 40}
_LEVEL_NAMES = {number: name for name, number in _LEVELS.items()}
_write_lock = threading.RLock()
_writing = False
"""Whether the thread that holds the lock is writing."""
_queued: deque[bytes] = deque()
_MAX_QUEUED = 1_000
"""Lines kept for a slow reader; beyond that, the thread that logs waits for it."""
_stderr_fd = 2
_level = 10
# Bound here, so that lines are written whatever the plugin's code does to the modules.
_os_write = os.write


def _ignore_broken_pipe() -> None:
    return None


_on_broken_pipe: Callable[[], None] = _ignore_broken_pipe


def configure(*, level: str = "debug", fd: int = 2, on_broken_pipe: Callable[[], None] | None = None) -> None:
    """Set the lowest level written, where lines go, and what to call when nobody reads stderr any more."""
    global _level, _stderr_fd, _on_broken_pipe
    _level = _LEVELS.get(level.lower(), 10)
    _stderr_fd = fd
    if on_broken_pipe is not None:
        _on_broken_pipe = on_broken_pipe


def forked() -> None:
    """Reset the lock in a forked child, where the thread that holds it may not exist."""
    global _write_lock, _writing
    _write_lock, _writing = threading.RLock(), False
    _queued.clear()
    configure(level=_LEVEL_NAMES[_level], fd=2, on_broken_pipe=_ignore_broken_pipe)


def enabled(level: str) -> bool:
    """Return True if lines of this level are written."""
    return _LEVELS[level] >= _level


def log(level: str, message: str, /, **fields: Any) -> None:
    """Write one line. A field with a reserved name gets a trailing underscore."""
    if _LEVELS[level] >= _level:
        write_line(_line(level, message, fields))
        if level == "error":
            flush()  # the process may be about to end


def log_exception(message: str, error: BaseException | None, /, **fields: Any) -> None:
    """Write one line at error with the traceback of `error`."""
    if error is not None:
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        fields = {**fields, "error": str(error) or type(error).__name__, "stack": trace}
    log("error", message, **fields)


def log_last(message: str) -> None:
    """Write one line at error when nothing may work any more, not even the builtins."""
    try:
        log("error", message)
    except:  # noqa: E722  # BaseException may be missing
        _os_write(_stderr_fd, _bare("error", message))


def _line(level: str, message: str, fields: Mapping[str, Any]) -> bytes:
    try:
        return encode(level, message, fields)
    except Exception:
        # What the plugin's code has broken must not fail the request that is logged.
        return _bare(level, message)


def _bare(level: str, message: str) -> bytes:
    """Return a line made without the standard library and without builtins."""
    text = message.encode("ascii", "replace").decode()
    text = text.replace("\\", "/").replace('"', "'").replace("\n", " ").replace("\r", " ").replace("\t", " ")
    return ('{"@level":"' + level + '","@message":"' + text + '"}\n').encode()


def write_line(line: bytes) -> None:
    """Write a whole line to stderr; if nobody reads it, Grafana has gone.

    The thread that is writing writes the lines of other threads too: one that waited for its turn would also
    wait for the interpreter lock, twice in each request.
    """
    _queued.append(line)
    patient = len(_queued) > _MAX_QUEUED
    while _queued and _write_lock.acquire(blocking=patient):
        try:
            if not _write_queued():
                return
        finally:
            _write_lock.release()


def flush() -> None:
    """Write every queued line; called before the process ends."""
    with _write_lock:
        _write_queued()


def _write_queued() -> bool:
    """Write every queued line; False if this thread is in the middle of that already.

    A finalizer may log at any moment, also while its thread writes: its lines are written when that is done.
    """
    global _writing
    if _writing:
        return False
    _writing = True
    try:
        while _queued:
            _write(_take_queued())
    finally:
        _writing = False
    return True


def _take_queued() -> bytes:
    lines = []
    with contextlib.suppress(IndexError):
        while True:
            lines.append(_queued.popleft())
    return b"".join(lines)


def _write(lines: bytes) -> None:
    view = memoryview(lines)
    try:
        while view:
            view = view[_os_write(_stderr_fd, view) :]
    except BrokenPipeError:
        _on_broken_pipe()
    except OSError:
        pass


class HclogHandler(logging.Handler):
    """Sends records of Python's `logging` to Grafana; `extra={...}` becomes fields of the line."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, or an error line if it cannot be formatted."""
        try:
            fields = {key: value for key, value in vars(record).items() if key not in self._STANDARD}
            if record.exc_info and record.exc_info[1] is not None:
                fields["stack"] = "".join(traceback.format_exception(*record.exc_info))
                fields.setdefault("error", str(record.exc_info[1]) or record.exc_info[0].__name__)
            log(_level_of(record.levelno), record.getMessage(), module=record.name, **fields)
        except Exception:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # the name is logging's
        """Log the location of the faulty logging call; never raise: libraries log their errors."""
        with contextlib.suppress(Exception):
            at = f"{record.pathname}:{record.lineno}"
            log_exception("a log record could not be formatted", sys.exc_info()[1], at=at)


def _level_of(number: int) -> str:
    for level in ("error", "warn", "info", "debug"):
        if number >= _LEVELS[level]:
            return level
    return "trace"


def install() -> None:
    """Send `logging`, warnings and the uncaught exceptions of all threads through this module."""
    root = logging.getLogger()
    root.addHandler(HclogHandler())
    root.setLevel(_level)
    logging.captureWarnings(True)
    # At debug, these log each packet of the plugin's own server.
    for noisy in ("grpc", "asyncio", "httpcore", "httpx"):
        logging.getLogger(noisy).setLevel(max(_level, logging.INFO))
    sys.excepthook = lambda _type, error, _trace: log_exception("uncaught exception", error)
    threading.excepthook = lambda args: log_exception(
        "uncaught exception in a thread", args.exc_value, thread=args.thread.name if args.thread else ""
    )
    sys.unraisablehook = lambda args: log_exception(args.err_msg or "exception ignored", args.exc_value)
