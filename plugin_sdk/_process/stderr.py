"""Stderr carries our own log lines and nothing else; what others write there is wrapped into such lines.

Grafana parses each line of stderr: one with a `@message` that is no string ends the whole Grafana process,
and a traceback is shown at debug, which hides it. So descriptor 2 is replaced by a pipe, for C libraries and
child processes too. A small process of its own reads it, forked before there are threads: the last words of
a process that crashes, or whose interpreter hangs, would be lost in a thread of the same process.
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
"""A traceback is written in several pieces; this much silence ends it."""


class Stderr:
    """Owns the real stderr; everybody but the log writes into a pipe."""

    def __init__(self) -> None:
        sys.stderr.flush()
        self.real = os.dup(2)
        self._alive = -1
        read, write = os.pipe()
        if sys.platform != "win32" and threading.active_count() == 1:
            self._fork_relay(read)
        else:
            threading.Thread(target=_relay, args=(read, -1), name="stderr", daemon=True).start()
        os.dup2(write, 2)
        os.close(write)
        os.set_inheritable(2, True)

    def remove_at_end(self, path: str) -> None:
        """Have a file removed when this process is gone: one that is killed cannot do it itself."""
        if self._alive >= 0:
            os.write(self._alive, os.fsencode(path))

    def _fork_relay(self, read: int) -> None:
        # Children of ours may hold the first pipe open for long; the second ends with this process alone.
        alive, self._alive = os.pipe()
        if sys.platform != "win32" and os.fork() == 0:
            try:
                _become_relay(keep={read, alive, self.real})
                _log.configure(fd=self.real)
                _relay(read, alive)
            finally:
                os._exit(0)
        os.close(read)
        os.close(alive)


def _become_relay(keep: set[int]) -> None:
    # Signals to the whole group end the plugin; its last words still have to be passed on.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    for descriptor in _open_descriptors():
        if descriptor not in keep:
            try:
                os.close(descriptor)
            except OSError:
                continue  # the one that listed them


def _open_descriptors() -> list[int]:
    try:
        return list(map(int, os.listdir("/dev/fd")))  # noqa: PTH208  # pathlib would be loaded just for this
    except OSError:
        # A bare root has no such folder; so early few are open.
        return list(range(64))


def _relay(read: int, alive: int) -> None:
    """Wrap what arrives until everybody who could write has gone, or the process that we serve."""
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
            # The other pipe ends with the process; until then it says which file to remove.
            received = os.read(alive, 4096)
            path = received or path
            if not received:
                _remove(path)
                return


def _remove(path: bytes) -> None:
    with contextlib.suppress(OSError):
        if path:
            os.unlink(path)  # noqa: PTH108  # pathlib would be loaded just for this


def _wait(read: int, alive: int, seconds: float | None) -> list[int]:
    if alive < 0:
        # Without fork, as on Windows, where select takes no pipes: lines go out as they are read.
        return [read]
    ready = select.select([read, alive], [], [], seconds)[0]
    return [read] if read in ready else ready


def _write(text: bytes) -> None:
    for level, message, fields in entries(text.decode("utf-8", "replace")):
        _log.write_line(_log.encode(level, message, fields))
