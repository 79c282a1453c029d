"""Watches the process from outside the handlers: has the parent died, does the interpreter hang?"""

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
"""How many seconds code may hold the interpreter lock before the process stops itself; 0 for no limit."""


def stall_seconds(environ: dict[str, str] | os._Environ[str]) -> float:
    """Return how long code may hold the interpreter lock, from the environment; 30 by default."""
    text = environ.get(STALL_VARIABLE, "")
    try:
        return max(0.0, float(text)) if text else DEFAULT_STALL_SECONDS
    except ValueError:
        _log.log("warn", f"{STALL_VARIABLE} is not a number; using {DEFAULT_STALL_SECONDS:g}", value=text)
        return DEFAULT_STALL_SECONDS


class Watch:
    """The loop of the main thread, which returns when the process should stop.

    The parent has died if the parent id has changed; a parent id of 1 proves nothing, since in a container
    Grafana is process 1.

    faulthandler's timer, which runs in C, detects a stall: each turn of the loop restarts it. If no turn
    completes within the limit, all stacks are written and the process stops; Grafana starts a new one.
    """

    def __init__(self, stop: threading.Event, *, stall: float, parent: int) -> None:
        self._stop = stop
        self._stall = stall
        self._parent = parent

    def run(self, on_orphaned: Callable[[], None]) -> None:
        """Wait until the process should stop; call `on_orphaned` if that is because the parent died."""
        while not self._turn():
            # On Windows the parent id does not change; there go-plugin stops its children itself.
            if sys.platform != "win32" and os.getppid() != self._parent:
                on_orphaned()
                break
        faulthandler.cancel_dump_traceback_later()

    def _turn(self) -> bool:
        if self._stall:
            faulthandler.dump_traceback_later(self._stall, exit=True, file=2)
        return self._stop.wait(POLL_SECONDS)
