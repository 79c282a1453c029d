"""A heartbeat of the event loop: a handler that blocks it is logged, a dead loop stops the process."""

from __future__ import annotations

import linecache
from time import perf_counter

from plugin_sdk import _log
from plugin_sdk._serving.async_bridge import AsyncLoop, async_loop
from plugin_sdk._serving.watch.stacks import is_idle, position_of

BLOCKED_SECONDS = 0.9
"""One check after the beat was sent, so a handler that blocks for a second or two is logged."""


UNWAKEABLE_SECONDS = 30.0
"""How long an idle loop may miss a beat; a loop whose own pipe was closed never wakes."""


class Heartbeat:
    """Sends a beat with each check and expects it back by the next.

    Args:
        end_after: seconds until a process stops whose loop is blocked; 0: never.
    """

    def __init__(self, end_after: float) -> None:
        self._end_after = end_after
        self._sent: float | None = None
        self._named = False

    def check(self) -> str:
        """Check once; return why the process must stop, or the empty string."""
        loop = async_loop()
        if loop is None:
            return ""
        if not loop.thread.is_alive() or loop.loop.is_closed():
            return "the event loop of the async handlers has ended"
        now = perf_counter()
        if self._sent is None:
            self._sent, self._named = now, False
            loop.loop.call_soon_threadsafe(self._back)
            return ""
        blocked = now - self._sent
        if blocked > BLOCKED_SECONDS and not self._named:
            self._name(loop)
        if (
            self._end_after
            and blocked > min(self._end_after, UNWAKEABLE_SECONDS)
            and is_idle(loop.thread.ident)
        ):
            return "the event loop of the async handlers sleeps and cannot be woken any more"
        if self._end_after and blocked > self._end_after:
            return f"the event loop has been blocked for {blocked:.0f} s: {position_of(loop.thread.ident)}"
        return ""

    def _back(self) -> None:
        self._sent = None

    def _name(self, loop: AsyncLoop) -> None:
        position = position_of(loop.thread.ident)
        if position is None or is_idle(loop.thread.ident):
            return  # it is only waiting for the processor
        self._named = True
        handler = position.handler or "a task"
        _log.log(
            "warn",
            f"{handler} blocks the event loop, so no other async handler can run; it is at {position}",
            handler=handler,
            file=position.file,
            line=position.line,
            code=linecache.getline(position.file, position.line).strip(),
        )
