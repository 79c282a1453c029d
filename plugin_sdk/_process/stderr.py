"""Keeps stderr for log lines; what others write there is wrapped into log lines.

Grafana parses each line of stderr: one whose `@message` is not a string ends the whole Grafana process, and
a traceback is logged at debug, where nobody sees it. So descriptor 2 is replaced by a pipe, for C libraries
and child processes too. A separate small process, forked before there are threads, reads the pipe: a thread
would lose the final output of a process that crashes or whose interpreter hangs.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading

from plugin_sdk import _log
from plugin_sdk._process.foreign_lines import entries

_CHUNK = 64 * 1024
_QUIET_SECONDS = 0.05
"""A traceback arrives in several pieces; it is complete after this much silence."""


class Stderr:
    """Owns the real stderr; everything but the log writes into a pipe."""

    def __init__(self) -> None:
        sys.stderr.flush()
        self.real = os.dup(2)
        self._alive = -1
        self._relay = 0
        self._read = -1
        read, write = os.pipe()
        if sys.platform != "win32" and threading.active_count() == 1:
            self._fork_relay(read)
        else:
            threading.Thread(target=_relay, args=(read, -1), name="stderr", daemon=True).start()
        os.dup2(write, 2)
        os.close(write)
        os.set_inheritable(2, True)

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptors that forked children must close: Grafana waits for the end of its pipe."""
        return (self.real, self._alive, self._read)

    def revive(self) -> None:
        """Relay lines in a thread if the relay process has died, since nobody would read them any more."""
        if not self._relay or not _has_ended(self._relay):
            return
        self._relay, self._alive = 0, -1
        self._read, write = os.pipe()
        os.dup2(write, 2)
        os.close(write)
        threading.Thread(target=_relay, args=(self._read, -1), name="stderr", daemon=True).start()
        _log.log("warn", "the process that passes on stderr has ended; a thread does so from now on")

    def remove_at_end(self, path: str) -> None:
        """Remove a file when this process has ended: a killed process cannot do so itself."""
        if self._alive >= 0:
            os.write(self._alive, os.fsencode(path))

    def _fork_relay(self, read: int) -> None:
        # Child processes may keep the first pipe open for long; the second closes with this process.
        alive, self._alive = os.pipe()
        if sys.platform != "win32":
            self._relay = os.fork()
            if not self._relay:
                try:
                    _become_relay(keep={read, alive, self.real})
                    _log.configure(fd=self.real)
                    _relay(read, alive)
                finally:
                    os._exit(0)
        os.close(read)
        os.close(alive)


def _become_relay(keep: set[int]) -> None:
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


def _relay(read: int, alive: int) -> None:
    """Wrap what arrives until every writer has closed the pipe, or the plugin's process has ended."""
    text, path = b"", b""
    while True:
        ready = _wait(read, alive, _QUIET_SECONDS if text else None)
        chunk = os.read(read, _CHUNK) if read in ready else b""
        text += chunk
        if chunk and alive >= 0 and len(text) < _CHUNK:
            continue
        _write(text)
        text = b""
        if read in ready and chunk:
            continue
        if ready and alive < 0:
            return
        if ready:
            # The other pipe closes with the process; until then it names the file to remove.
            received = os.read(alive, 4096)
            path = received or path
            if not received:
                _remove(path)
                return


def _remove(path: bytes) -> None:
    with contextlib.suppress(OSError):
        if path:
            os.unlink(path)  # noqa: PTH108  # not worth loading pathlib


def _wait(read: int, alive: int, seconds: float | None) -> list[int]:
    if alive < 0:
        # Without fork, as on Windows, where select does not accept pipes: relay lines as they are read.
        return [read]
    ready = select.select([read, alive], [], [], seconds)[0]
    return [read] if read in ready else ready


def _write(text: bytes) -> None:
    decoded = text.decode("utf-8", "replace")
    try:
        for level, message, fields in entries(decoded):
            _log.write_line(_log.encode(level, message, fields))
    except Exception as error:
        # Whatever is wrong with these lines, the next ones must still be read.
        _log.log("debug", decoded, module="stderr", unread=f"{type(error).__name__}: {error}")


def _has_ended(child: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True
