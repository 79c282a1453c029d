"""Watches the process from outside the handlers: has the parent died, does the interpreter hang?"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from faulthandler import cancel_dump_traceback_later, dump_traceback_later
from os import getppid
from time import monotonic
from typing import TYPE_CHECKING

from plugin_sdk import _log

if TYPE_CHECKING:
    from plugin_sdk._process.stderr import Stderr

POLL_SECONDS = 1.0
DEFAULT_STALL_SECONDS = 30.0
_NEARLY = 0.8
"""The part of the limit after which a turn may have come too late for the timer."""
STALL_VARIABLE = "GF_PLUGIN_STALL_TIMEOUT"
"""How many seconds code may hold the interpreter lock before the process stops itself; 0 for no limit."""


def stall_seconds(environ: Mapping[str, str]) -> float:
    """Return how long code may hold the interpreter lock, from the environment; 30 by default."""
    text = environ.get(STALL_VARIABLE, "")
    try:
        return max(0.0, float(text)) if text else DEFAULT_STALL_SECONDS
    except ValueError:
        _log.log("warn", f"{STALL_VARIABLE} is not a number; using {DEFAULT_STALL_SECONDS:g}", value=text)
        return DEFAULT_STALL_SECONDS


Check = Callable[[], str]
"""A check, run once a second, that returns why the process must stop, or the empty string."""


class Watch:
    """The loop of the main thread, which returns when the process should stop.

    The parent, where one is given, has died if the parent id has changed; a parent id of 1 proves nothing,
    since in a container Grafana is process 1.

    faulthandler's timer, which runs in C, detects a stall: each turn of the loop restarts it. If no turn
    completes within the limit, all stacks are written and the process stops; Grafana starts a new one.
    A process that was paused looks the same to the timer, but goes on: the relay of stderr, which gets the
    stacks, tells the two apart.
    """

    def __init__(
        self,
        stop: threading.Event,
        *,
        stall: float,
        parent: int | None,
        checks: Sequence[Check] = (),
        relay: Stderr | None = None,
    ) -> None:
        self._stop = stop
        self._stall = stall
        self._parent = parent
        self._checks = checks
        self._relay = relay
        self._turned = monotonic()
        self._failed: set[str] = set()

    def run(self, on_orphaned: Callable[[], None]) -> str:
        """Wait until the process should stop; call `on_orphaned` if that is because the parent died.

        Returns:
            why the process can no longer serve, or the empty string if a stop was requested.
        """
        try:
            while not self._turn():
                # On Windows the parent id does not change; there go-plugin stops its children itself.
                if sys.platform != "win32" and self._parent not in (None, getppid()):
                    on_orphaned()
                    return ""
                for check in self._checks:
                    reason = self._checked(check)
                    if reason and not self._stop.is_set():
                        return reason
            return ""
        finally:
            cancel_dump_traceback_later()

    def _turn(self) -> bool:
        if self._stall:
            now, before = monotonic(), self._turned
            self._turned = now
            relay = self._relay if self._relay is not None and self._relay.is_watched() else None
            if relay is not None and now - before > self._stall * _NEARLY:
                relay.announce_move()
            try:
                dump_traceback_later(self._stall, exit=relay is None, file=2)
            except RuntimeError as error:  # its timer thread cannot be started
                self._report("stall", error)
        self._stop.wait(POLL_SECONDS)
        return self._stop.is_set()

    def _checked(self, check: Check) -> str:
        """Run one check, whose failure must not affect the others."""
        try:
            return check()
        except Exception as error:
            self._report(getattr(check, "__qualname__", repr(check)), error)
            return ""

    def _report(self, what: str, error: Exception) -> None:
        """Log a failure of the watch itself, once for each kind."""
        kind = f"{what}: {type(error).__name__}"
        if kind not in self._failed:
            self._failed.add(kind)
            _log.log_exception("the watch over this process failed in part", error, part=what)
