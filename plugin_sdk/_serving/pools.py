"""A pool of threads for each kind of work, so that none can starve another.

grpcio's server takes one pool for all; a behaviour that carries `experimental_thread_pool` runs in that
pool instead. It is no part of grpcio's public interface, so a test holds 150 queries and asks for health
meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

STREAM_LIMIT = 1_000
"""Open channels at most; each holds a thread while it lives."""


# No dataclass in what is loaded before the handshake: it brings inspect, ast and dis.
class Pools(NamedTuple):
    """The pools of one server.

    Attributes:
        control: go-plugin's controller and health, metrics; never the author's code.
        health: `check_health`, which may hang without stopping anything but itself.
        queries: queries and resources.
        fan_out: the further queries of requests that carry several.
        streams: one thread for each open channel, and a few to refuse those over the limit.
    """

    control: ThreadPoolExecutor
    health: ThreadPoolExecutor
    queries: ThreadPoolExecutor
    fan_out: ThreadPoolExecutor
    streams: ThreadPoolExecutor

    @staticmethod
    def create() -> Pools:
        """Return new pools; threads are started as work comes."""
        return Pools(
            control=ThreadPoolExecutor(4, thread_name_prefix="control"),
            health=ThreadPoolExecutor(32, thread_name_prefix="health"),
            queries=ThreadPoolExecutor(256, thread_name_prefix="query"),
            fan_out=ThreadPoolExecutor(512, thread_name_prefix="fan-out"),
            streams=ThreadPoolExecutor(STREAM_LIMIT + 8, thread_name_prefix="stream"),
        )

    def close(self) -> None:
        """Let the threads go; a plugin's process ends instead."""
        for pool in (self.control, self.health, self.queries, self.fan_out, self.streams):
            pool.shutdown(wait=False, cancel_futures=True)


def in_pool(pool: ThreadPoolExecutor, behavior: Callable[..., Any]) -> Callable[..., Any]:
    """Have grpcio run `behavior` in `pool`."""
    behavior.experimental_thread_pool = pool  # type: ignore[attr-defined]
    return behavior
