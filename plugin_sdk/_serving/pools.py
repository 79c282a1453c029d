"""A thread pool for each kind of work, so that none can starve another.

grpcio's server takes one pool for everything, but a behaviour with the attribute `experimental_thread_pool`
runs in that pool. This is not part of grpcio's public interface, so a test blocks 150 queries and checks
health meanwhile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from plugin_sdk import _log

STREAM_LIMIT = 1_000
"""The maximum number of open channels, each of which occupies a thread."""


class Pool(ThreadPoolExecutor):
    """A pool whose `submit` never raises: in grpcio's serving thread an exception ends all serving.

    Attributes:
        name: what its threads are named after.
        limit: how many threads it may have.
        submitted: how many calls were given to it so far.
        refusal: why calls are refused at the moment; empty while they are served.
        failure: what kept a call from being taken, which can then never be answered.
    """

    def __init__(self, limit: int, name: str) -> None:
        super().__init__(limit, thread_name_prefix=name)
        self.name = name
        self.limit = limit
        self.submitted = 0
        self.refusal = ""
        self.failure: BaseException | None = None

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Queue a call; where no thread can be started it waits for one that there is."""
        self.submitted += 1
        try:
            return super().submit(function, *args, **named)
        except RuntimeError:
            # It is queued already; `add_thread` tries again from outside.
            return Future()
        except BaseException as error:
            self.failure = error
            return Future()

    def prestart(self) -> Pool:
        """Start the first thread now: later there may be none to be had."""
        self.submit(_nothing)
        return self

    def waiting(self) -> int:
        """Return how many calls no thread has taken yet."""
        return self._work_queue.qsize()

    def threads(self) -> int:
        """Return how many threads there are."""
        return len(self._threads)

    def add_thread(self, beyond: int = 0) -> bool:
        """Start one more thread for what waits, `beyond` the limit if need be; tell whether that worked."""
        self._max_workers = max(self._max_workers, self.limit + beyond)
        before = len(self._threads)
        with contextlib.suppress(RuntimeError, MemoryError):
            self._adjust_thread_count()
        return len(self._threads) > before


def _nothing() -> None:
    return None


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

    control: Pool
    health: Pool
    queries: Pool
    fan_out: Pool
    streams: Pool

    @staticmethod
    def create() -> Pools:
        """Return new pools; all but the first threads start when there is work."""
        return Pools(
            control=Pool(4, "control").prestart(),
            health=Pool(32, "health").prestart(),
            queries=Pool(256, "query").prestart(),
            fan_out=Pool(512, "fan-out"),
            streams=Pool(STREAM_LIMIT + 8, "stream"),
        )

    def close(self) -> None:
        """Let the threads go; a plugin's process ends instead."""
        for pool in self:
            pool.shutdown(wait=False, cancel_futures=True)


in_forked_child = False
"""Set in a child made by `os.fork`, where a handler must not return: the answer is the parent's to give."""


def in_pool(pool: Pool, behavior: Callable[..., Any], *, streaming: bool = False) -> Callable[..., Any]:
    """Have grpcio run `behavior` in `pool`, and answer whatever leaves it.

    grpcio answers an Exception and nothing beyond it; the caller of a handler that raised one of those would
    wait for ever.
    """

    def call(request: Any, context: Any) -> Any:
        if pool.refusal:
            _refuse(context, pool.refusal)
        try:
            response = behavior(request, context)
        except Exception:
            raise
        except BaseException as error:
            _abort_panic(context, error)
        finally:
            _after(pool)
        return response

    def responses(request: Any, context: Any) -> Iterator[Any]:
        if pool.refusal:
            _refuse(context, pool.refusal)
        return _Responses(pool, behavior(request, context), context)

    made: Any = responses if streaming else call
    made.experimental_thread_pool = pool
    return made  # type: ignore[no-any-return]  # a function with an attribute has no type


class _Responses:
    """The responses of a streaming behaviour, with an answer for what grpcio has none for."""

    def __init__(self, pool: Pool, values: Iterator[Any], context: Any) -> None:
        self._pool = pool
        self._values = values
        self._context = context

    def __iter__(self) -> _Responses:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._values)
        except Exception:
            _after(self._pool)
            raise
        except BaseException as error:
            _after(self._pool)
            _abort_panic(self._context, error)


def _after(pool: Pool) -> None:
    """A thread has come back: what refuses may end, and a child that came out of a handler has to."""
    if pool.refusal:
        pool.refusal = ""
    leave_forked_child()


def leave_forked_child() -> None:
    """End this process where it is a forked child that came out of a handler; cheap everywhere else."""
    if in_forked_child:
        _log.log("error", "a child made by os.fork() returned from the handler; end it with os._exit()")
        os._exit(1)


def _refuse(context: Any, reason: str) -> None:
    import grpc

    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, reason)


def _abort_panic(context: Any, error: BaseException) -> None:
    from plugin_sdk._serving.outcome import abort

    _log.log_exception("panic triggered", error)
    abort(context, error)
