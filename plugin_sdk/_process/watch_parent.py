"""Watches over the process from outside the handlers: a parent that died, a lock that nobody gives back."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from collections.abc import Callable

from plugin_sdk import _log

POLL_SECONDS = 1.0
DEFAULT_STALL_SECONDS = 30.0
STALL_VARIABLE = "GF_PLUGIN_STALL_TIMEOUT"
"""Seconds that code may keep the interpreter's lock before the process ends itself; 0 switches this off."""


def stall_seconds(environ: dict[str, str] | os._Environ[str]) -> float:
    """Return the limit for code that keeps the interpreter's lock, from the environment or 30."""
    text = environ.get(STALL_VARIABLE, "")
    try:
        return max(0.0, float(text)) if text else DEFAULT_STALL_SECONDS
    except ValueError:
        _log.log("warn", f"{STALL_VARIABLE} is not a number; using {DEFAULT_STALL_SECONDS:g}", value=text)
        return DEFAULT_STALL_SECONDS


class Watch:
    """The loop of the main thread: returns when the process shall end.

    Parent death is seen by a changed parent id, not by parent 1: in a container Grafana itself is process 1.

    A stall is seen by faulthandler's timer, which runs in C: each turn sets it anew, and a loop that cannot
    turn for the whole limit has all stacks written and the process ended; Grafana starts a new one.
    """

    def __init__(self, stop: threading.Event, *, stall: float, parent: int) -> None:
        self._stop = stop
        self._stall = stall
        self._parent = parent

    def run(self, on_orphaned: Callable[[], None]) -> None:
        """Wait for the end; calls `on_orphaned` first where the parent died."""
        while not self._turn():
            # On Windows the parent's id stays the same after its death; go-plugin ends its children itself.
            if sys.platform != "win32" and os.getppid() != self._parent:
                on_orphaned()
                break
        faulthandler.cancel_dump_traceback_later()

    def _turn(self) -> bool:
        if self._stall:
            faulthandler.dump_traceback_later(self._stall, exit=True, file=2)
        return self._stop.wait(POLL_SECONDS)
