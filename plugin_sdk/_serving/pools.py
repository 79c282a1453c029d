"""A thread pool for each kind of work, so that none can starve another.

grpcio's server takes one pool for everything, but a behaviour with the attribute `experimental_thread_pool`
runs in that pool. This is not part of grpcio's public interface, so a test blocks 150 queries and checks
health meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

STREAM_LIMIT = 1_000
"""The maximum number of open channels, each of which occupies a thread."""


# Not a dataclass, which would import inspect, ast and dis before the handshake.
class Pools(NamedTuple):
    """The pools of one server.

    Attributes:
        control: go-plugin's controller and health; never the author's code.
        health: `check_health` and metrics, which may hang without affecting anything else.
        queries: queries and resources.
        fan_out: all but the first query of a request.
        streams: one thread for each open channel, and a few to refuse those beyond the limit.
    """

    control: ThreadPoolExecutor
    health: ThreadPoolExecutor
    queries: ThreadPoolExecutor
    fan_out: ThreadPoolExecutor
    streams: ThreadPoolExecutor

    @staticmethod
    def create() -> Pools:
        """Return new pools; their threads start when there is work."""
        return Pools(
            control=ThreadPoolExecutor(4, thread_name_prefix="control"),
            health=ThreadPoolExecutor(32, thread_name_prefix="health"),
            queries=ThreadPoolExecutor(256, thread_name_prefix="query"),
            fan_out=ThreadPoolExecutor(512, thread_name_prefix="fan-out"),
            streams=ThreadPoolExecutor(STREAM_LIMIT + 8, thread_name_prefix="stream"),
        )

    def close(self) -> None:
        """Release the threads; a plugin process exits instead."""
        for pool in (self.control, self.health, self.queries, self.fan_out, self.streams):
            pool.shutdown(wait=False, cancel_futures=True)


def in_pool(pool: ThreadPoolExecutor, behavior: Callable[..., Any]) -> Callable[..., Any]:
    """Return `behavior`, marked to be run by grpcio in `pool`."""
    behavior.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return behavior
