"""Keeps stdout for the handshake line; what is printed later becomes log lines.

Grafana's scanner of stdout stops at a line of 64 KiB, after which every print blocks for ever; and anything
printed before the handshake makes the start fail. So descriptor 1 is replaced by a pipe before the author's
code is loaded, for C libraries and child processes too, and a thread reads it.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable

from plugin_sdk import _log

_CHUNK = 32 * 1024


class Stdout:
    """Owns the real stdout; everything else writes into a pipe."""

    def __init__(self) -> None:
        sys.stdout.flush()
        self._real = os.dup(1)
        self._read, write = os.pipe()
        os.dup2(write, 1)
        os.close(write)
        os.set_inheritable(1, True)
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Python buffers 8 KiB for a pipe, but a print belongs beside the lines of its own request.
            try:
                sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
            except OSError:  # it was a file, and goes on as if it could seek
                sys.stdout = os.fdopen(1, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)

    @property
    def real(self) -> int:
        """The descriptor of the real stdout."""
        return self._real

    def descriptors(self) -> tuple[int, ...]:
        """Return what no forked child may keep."""
        return (self._real, self._read)

    def send_line(self, line: str) -> None:
        """Write the handshake line to the real stdout."""
        os.write(self._real, line.encode())

    def drain(self, listener: Callable[[bytes], None]) -> None:
        """Start to read what is printed: each line is logged at debug and passed to `listener`."""
        threading.Thread(target=self._drain, args=(listener,), name="stdout", daemon=True).start()

    def _drain(self, listener: Callable[[bytes], None]) -> None:
        rest = b""
        while chunk := os.read(self._read, _CHUNK):
            try:
                listener(chunk)
            except Exception as error:
                # Whoever prints would wait for ever if nobody read the pipe.
                _log.log_exception("what was printed could not be sent to the host", error)
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) >= _CHUNK:
                lines.append(rest)
                rest = b""
            for text in lines:
                if text.strip():
                    _log.log("debug", text.decode("utf-8", "replace"), module="stdout")
