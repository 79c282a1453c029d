"""Keeps stderr for log lines; what others write there is wrapped into log lines.

Grafana parses each line of stderr: one whose `@message` is not a string ends the whole Grafana process, and
a traceback is logged at debug, where nobody sees it. So descriptor 2 is replaced by a pipe, for C libraries
and child processes too, and a relay reads it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading

from plugin_sdk import _log
from plugin_sdk._process.relay import MOVES, ON_PURPOSE, Relay, become_relay

_write = os.write  # bound here, whatever the plugin's code does to the module


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
            _start_thread(read)
        os.dup2(write, 2)
        os.close(write)
        os.set_inheritable(2, True)

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptors that forked children must close: Grafana waits for the end of its pipe."""
        return (self.real, self._alive, self._read)

    def is_watched(self) -> bool:
        """Return True if another process relays, which also ends this one if it stands still."""
        return self._relay != 0

    def revive(self) -> None:
        """Relay lines in a thread if the relay process has died, since nobody would read them any more."""
        if not self._relay or not _has_ended(self._relay):
            return
        self._relay, self._alive = 0, -1
        self._read, write = os.pipe()
        os.dup2(write, 2)
        os.close(write)
        _start_thread(self._read)
        _log.log("warn", "the process that passes on stderr has ended; a thread does so from now on")

    def announce_end(self) -> None:
        """Tell the relay that this process ends on purpose, and has said why if there is a reason."""
        self._tell(ON_PURPOSE)

    def announce_move(self) -> None:
        """Tell the relay that this process goes on after it stood still."""
        self._tell(MOVES)

    def remove_at_end(self, path: str) -> None:
        """Remove a file when this process has ended: a killed process cannot do so itself."""
        self._tell(os.fsencode(path))

    def _tell(self, what: bytes) -> None:
        if self._alive >= 0:
            with contextlib.suppress(OSError):
                _write(self._alive, what)

    def _fork_relay(self, read: int) -> None:
        # Child processes may keep the first pipe open for long; the second closes with this process.
        alive, self._alive = os.pipe()
        if sys.platform != "win32":
            self._relay = os.fork()
            if not self._relay:
                try:
                    become_relay(keep={read, alive, self.real})
                    _log.configure(fd=self.real)
                    Relay(read, alive).run()
                finally:
                    os._exit(0)
        os.close(read)
        os.close(alive)


def _start_thread(read: int) -> None:
    threading.Thread(target=Relay(read).run, name="stderr", daemon=True).start()


def _has_ended(child: int) -> bool:
    if sys.platform == "win32":
        return False
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True
