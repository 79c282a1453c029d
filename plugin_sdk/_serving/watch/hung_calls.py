"""Calls that do not return.

The handler is logged once with its current line. If such calls occupy every thread of a pool, queued calls
are refused with the reason; if that lasts, the process stops and Grafana starts a new one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from time import perf_counter

from plugin_sdk import _log
from plugin_sdk._serving.pools import STREAM_LIMIT, Pool, Pools
from plugin_sdk._serving.request_scope import ActiveCall, active
from plugin_sdk._serving.watch.stacks import Position, position_of_call

WARN_SECONDS = 10.0
"""How long a call may run, or continue after its caller has disconnected, before it is logged."""
REFUSE_SECONDS = 10.0
"""How long calls wait for a free thread; then they are refused, and new ones immediately."""
THREADLESS_SECONDS = 10.0
"""How long calls may wait in a pool without threads because none can be started."""
DEFAULT_END_SECONDS = 300.0
HANG_VARIABLE = "GF_PLUGIN_HANG_TIMEOUT"
"""Seconds until a process stops whose threads are all occupied by calls that do not return; 0: never."""


def end_seconds(environ: dict[str, str] | os._Environ[str]) -> float:
    """Return the limit of `HANG_VARIABLE`, or its default."""
    text = environ.get(HANG_VARIABLE, "")
    try:
        return max(0.0, float(text)) if text else DEFAULT_END_SECONDS
    except ValueError:
        _log.log("warn", f"{HANG_VARIABLE} is not a number; using {DEFAULT_END_SECONDS:g}", value=text)
        return DEFAULT_END_SECONDS


@dataclass
class _Seen:
    """What is known of a call since the last check."""

    sent: int
    since: float
    left: float = 0.0


@dataclass
class _PoolState:
    taken: int = 0
    since: float = 0.0
    threadless: float = 0.0


@dataclass
class HungCalls:
    """Checks the calls of a server once a second.

    Args:
        pools: of the server.
        end_after: seconds until the process stops if every thread of a pool is occupied; 0: never.
    """

    pools: Pools
    end_after: float = DEFAULT_END_SECONDS
    _seen: dict[ActiveCall, _Seen] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)
    _states: dict[str, _PoolState] = field(default_factory=dict)

    def check(self) -> str:
        """Check once; return why the process must stop, or the empty string."""
        now = perf_counter()
        overdue = self._overdue(now)
        self._name(overdue, now)
        for pool in (self.pools.control, self.pools.health, self.pools.queries, self.pools.streams):
            reason = self._full(pool, now)
            if reason:
                return reason
        return self._lost_streams(now)

    def _overdue(self, now: float) -> list[ActiveCall]:
        """Return the calls without progress for too long, the oldest first."""
        # Channels are checked from their start: a viewer may leave long before the channel is old.
        calls = [
            call
            for call in list(active)
            if now - call.started > WARN_SECONDS or call.rpc.endpoint == "runStream"
        ]
        self._seen = {call: self._look(call, now) for call in calls}
        late = [call for call in calls if now - self._standing(call) > WARN_SECONDS]
        return sorted(late, key=lambda call: call.started)

    def _look(self, call: ActiveCall, now: float) -> _Seen:
        seen = self._seen.get(call) or _Seen(call.sent, call.started)
        if call.sent != seen.sent:
            seen.sent, seen.since = call.sent, now
        if not seen.left and call.is_cancelled():
            seen.left = now
        return seen

    def _standing(self, call: ActiveCall) -> float:
        """Return when a call last made progress; a channel may be quiet for days while it is watched."""
        seen = self._seen[call]
        if call.rpc.endpoint != "runStream":
            return seen.since
        return seen.left or perf_counter()

    def _name(self, overdue: list[ActiveCall], now: float) -> None:
        """Log one warning for each handler with hanging calls, until it has none any more."""
        standing: set[str] = set()
        for call in overdue:
            position = position_of_call(call)
            handler = position.handler if position is not None and position.handler else call.rpc.endpoint
            if handler not in standing and handler not in self._named:
                self._warn(call, handler, position, now)
            standing.add(handler)
        self._named = standing

    def _warn(self, call: ActiveCall, handler: str, position: Position | None, now: float) -> None:
        where = f"; it is at {position}" if position is not None else ""
        left = ", though its caller has left" if self._seen[call].left else ""
        _log.log(
            "warn",
            f"{handler} has not returned for {now - call.started:.0f} s{left}{where}",
            endpoint=call.rpc.endpoint,
            handler=handler,
            **({} if position is None else {"file": position.file, "line": position.line}),
        )

    def _full(self, pool: Pool, now: float) -> str:
        state = self._states.setdefault(pool.name, _PoolState(since=now))
        if pool.failure is not None:
            return f"a call could not be queued: {type(pool.failure).__name__}: {pool.failure}"
        reason = self._without_threads(pool, state, now)
        if reason:
            return reason
        taken = pool.submitted - pool.waiting()
        if not pool.refusal and (taken != state.taken or not pool.waiting()):
            state.taken, state.since = taken, now
            return ""
        stood = now - state.since
        if stood > REFUSE_SECONDS:
            self._refuse(pool)
        if self.end_after and stood > self.end_after:
            return f"no thread was free for {stood:.0f} s: {self._taken(pool)}"
        return ""

    def _without_threads(self, pool: Pool, state: _PoolState, now: float) -> str:
        """Try again to start threads that could not be started when their calls arrived."""
        # Only where nothing moved since the last look: the queue of a busy pool is seldom empty.
        stands = pool.waiting() > 0 and pool.submitted - pool.waiting() == state.taken
        threads = pool.threads()
        if not stands or threads:
            state.threadless = now
        if stands and threads < pool.limit:
            pool.add_thread()  # which may end at once: so what counts is the next look
        if now - state.threadless > THREADLESS_SECONDS:
            return f"no thread can be started for {pool.waiting()} waiting calls; raise the limit of threads"
        return ""

    def _refuse(self, pool: Pool) -> None:
        """Refuse queued and new calls, in one thread beyond the limit."""
        first, pool.refusal = not pool.refusal, self._taken(pool)
        if first:
            _log.log("error", f"calls are refused: {pool.refusal}", waiting=pool.waiting())
        if pool.waiting():
            pool.add_thread(max(0, pool.threads() - pool.limit) + 1)

    def _taken(self, pool: Pool) -> str:
        calls = sorted(list(active), key=lambda call: call.started)
        mine = [call for call in calls if _POOL_OF.get(call.rpc.endpoint, "query") == pool.name]
        left = sum(call.is_cancelled() for call in mine)
        text = f"all {len(mine)} threads of the pool {pool.name!r} are occupied by calls that do not return"
        if left:
            text += f" ({left} of their callers have left)"
        position = position_of_call(mine[0]) if mine else None
        if position is None:
            return text
        age = perf_counter() - mine[0].started
        handler = position.handler or mine[0].rpc.endpoint
        return f"{text}; the oldest, {handler}, has run for {age:.0f} s: {position}"

    def _lost_streams(self, now: float) -> str:
        """Return why the process must stop if half of the channels' threads serve callers that have left."""
        lost = [
            call
            for call, seen in self._seen.items()
            if call.rpc.endpoint == "runStream"
            and seen.left
            and self.end_after
            and now - seen.left > self.end_after
        ]
        if len(lost) < STREAM_LIMIT // 2:
            return ""
        position = position_of_call(lost[0])
        return f"{len(lost)} channels do not end though their callers have left; one is at {position}"


_POOL_OF = {"checkHealth": "health", "collectMetrics": "health", "runStream": "stream"}
