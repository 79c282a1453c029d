"""Passes on what others write to stderr, and sees from outside that the process ends or stands still.

A separate small process does so, forked before there are threads: a thread would lose the final output of a
process that crashes or whose interpreter hangs.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
from time import monotonic

from plugin_sdk import _log
from plugin_sdk._process.foreign_lines import entries, is_crash

_CHUNK = 64 * 1024
_QUIET_SECONDS = 0.05
"""A traceback arrives in several pieces; it is complete after this much silence."""
ON_PURPOSE, MOVES = b"\0", b"\1"
"""What the process tells its relay: that it ends for a reason it has logged, that its main loop goes on."""
_STALL = re.compile(rb"^Timeout \(\d+:\d\d:\d\d", re.MULTILINE)
_RECOVERY_SECONDS = 2.0
"""How long a process whose watchdog barked has to show that it was only paused."""
_ENDED = (
    "the plugin's process has ended without having been asked to: code in it called os._exit(), closed "
    "descriptors of others or crashed, or it was killed, as the system does when memory runs out"
)
_PAUSED = "the plugin's process stood still and goes on: it was paused, or code held the interpreter lock"


class Relay:
    """Wraps what arrives into log lines until every writer has closed the pipe, or the process has ended.

    Args:
        read: the pipe that stands for stderr.
        alive: a second pipe, which closes with the process; -1 in a thread of the process itself.
    """

    def __init__(self, read: int, alive: int = -1) -> None:
        self._read, self._alive = read, alive
        self._parent = os.getppid()
        self._text = self._path = self._stall = b""
        self._stalled = self._moved = 0.0
        self._on_purpose = self._crashed = False

    def run(self) -> None:
        """Relay until the end."""
        while True:
            ready = self._wait()
            chunk = os.read(self._read, _CHUNK) if self._read in ready else b""
            self._text += chunk
            if chunk and self._alive >= 0 and len(self._text) < _CHUNK:
                continue
            self._pass_on()
            if self._read in ready and chunk:
                continue
            if ready and (self._alive < 0 or not self._listen()):
                return
            self._judge()

    def _wait(self) -> list[int]:
        if self._alive < 0:
            # Without fork, as on Windows, where select does not accept pipes: relay lines as they are read.
            return [self._read]
        seconds = _QUIET_SECONDS if self._text else 0.25 if self._stall else None
        ready = select.select([self._read, self._alive], [], [], seconds)[0]
        return [self._read] if self._read in ready else ready

    def _pass_on(self) -> None:
        text, self._text = self._text, b""
        if self._stall:
            self._stall += text
            return
        stall = _STALL.search(text) if self._alive >= 0 else None
        if stall is not None:
            text, self._stall, self._stalled = text[: stall.start()], text[stall.start() :], monotonic()
        self._crashed = _write(text) or self._crashed

    def _listen(self) -> bool:
        """Read what the process tells; return False if it has ended."""
        received = os.read(self._alive, 4096)
        if MOVES in received:
            self._moved = monotonic()
        self._on_purpose = self._on_purpose or ON_PURPOSE in received
        self._path += received.replace(ON_PURPOSE, b"").replace(MOVES, b"")
        if not received:
            self._end()
        return bool(received)

    def _judge(self) -> None:
        """Kill a process that stands still; one that was paused goes on within moments."""
        if not self._stall:
            return
        if self._moved > self._stalled - _RECOVERY_SECONDS:
            _log.log("warn", _PAUSED, stack=self._stall.decode("utf-8", "replace"))
            self._stall = b""
        elif monotonic() - self._stalled > _RECOVERY_SECONDS:
            self._crashed = _write(self._stall)
            self._stall = b""
            if sys.platform != "win32" and os.getppid() == self._parent:
                os.kill(self._parent, signal.SIGKILL)

    def _end(self) -> None:
        """Log how the process has ended if nothing else did, and remove the file that it named."""
        with contextlib.suppress(OSError):
            if self._path:
                os.unlink(self._path)  # noqa: PTH108  # not worth loading pathlib
        if self._stall:
            self._crashed = _write(self._stall)
        if not self._on_purpose and not self._crashed:
            _log.log("error", _ENDED)


def become_relay(keep: set[int]) -> None:
    """Leave everything of the forked process behind but some descriptors."""
    # A signal to the whole group stops the plugin, whose final output still has to be relayed.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    for descriptor in open_descriptors():
        if descriptor not in keep:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the descriptor that was used to list them


def open_descriptors() -> list[int]:
    """Return the descriptors of this process; one of them may already be closed."""
    try:
        return list(map(int, os.listdir("/dev/fd")))  # noqa: PTH208  # not worth loading pathlib
    except OSError:
        # A minimal root file system has no /dev/fd; at this point few descriptors are open.
        return list(range(64))


def _write(text: bytes) -> bool:
    """Log what was written; return True if it is the report of a crash."""
    decoded, crashed = text.decode("utf-8", "replace"), False
    try:
        for level, message, fields in entries(decoded):
            _log.write_line(_log.encode(level, message, fields))
            crashed = is_crash(message)
    except Exception as error:
        # Whatever is wrong with these lines, the next ones must still be read.
        _log.log("debug", decoded, module="stderr", unread=f"{type(error).__name__}: {error}")
    return crashed
