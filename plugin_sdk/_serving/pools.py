"""A thread pool for each kind of work, so that none can starve another.

grpcio's server takes one pool for everything, but a behaviour with the attribute `experimental_thread_pool`
runs in that pool. This is not part of grpcio's public interface, so a test blocks 150 queries and checks
health meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from plugin_sdk import _log
from plugin_sdk._serving import forked
from plugin_sdk._serving.transport import received_first

STREAM_LIMIT = 1_000
"""The maximum number of open channels, each of which occupies a thread."""


_submit = ThreadPoolExecutor.submit  # bound here, whatever the plugin's code does to the class
_NO_THREAD = "can't start new thread"
"""What Python says if the system refuses one."""


class Pool(ThreadPoolExecutor):
    """A pool whose `submit` never raises: an exception in grpcio's serving thread would end all serving.

    Attributes:
        name: the prefix of its threads' names.
        limit: the maximum number of threads.
        submitted: how many calls have been submitted.
        refusal: why calls are refused at the moment; empty if they are served.
        failure: why a call could not be queued, so that it never gets a response.
    """

    def __init__(self, limit: int, name: str) -> None:
        super().__init__(limit, thread_name_prefix=name)
        self.name = name
        self.limit = limit
        self.submitted = 0
        self.refusal = ""
        self.failure: BaseException | None = None

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Queue a call; if no thread can be started, it waits for an existing one."""
        self.submitted += 1
        try:
            return _submit(self, function, *args, **named)
        except RuntimeError as error:
            # If only a thread is missing, it is already queued; `add_thread` tries again later.
            if not str(error).startswith(_NO_THREAD):
                self.failure = error
            return Future()
        except BaseException as error:
            self.failure = error
            return Future()

    def prestart(self) -> Pool:
        """Start the first thread now; later it may not be possible."""
        self.submit(_nothing)
        return self

    def waiting(self) -> int:
        """Return how many calls are queued."""
        return self._work_queue.qsize()

    def threads(self) -> int:
        """Return the number of threads."""
        return len(self._threads)

    def add_thread(self, beyond: int = 0) -> bool:
        """Start one more thread for queued calls, `beyond` the limit if requested; return True on success."""
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
        """Release the threads; a plugin process exits instead."""
        for pool in self:
            pool.shutdown(wait=False, cancel_futures=True)


def in_pool(pool: Pool, behavior: Callable[..., Any], *, streaming: bool = False) -> Callable[..., Any]:
    """Return `behavior` for grpcio to run in `pool`, with a status for whatever it raises.

    grpcio handles an Exception but no other BaseException, after which the caller would wait for ever.
    """

    def call(request: Any, context: Any, *send: Any) -> Any:
        if pool.refusal:
            _refuse(context, pool.refusal)
        try:
            response = behavior(request, context, *send)
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
    received_first.mark(made)
    return made  # type: ignore[no-any-return]  # a function with an attribute has no type


def sending(pool: Pool, behavior: Callable[..., Any]) -> Callable[..., Any]:
    """Return `behavior(request, context, send)` for grpcio to run in `pool`; it may go on later."""
    call: Any = in_pool(pool, behavior)
    call.experimental_non_blocking = True  # grpcio's name for behaviours that send by themselves
    return call  # type: ignore[no-any-return]  # a function with an attribute has no type


class _Responses:
    """The responses of a streaming behaviour, with a status for what grpcio does not handle."""

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
    """Serve again once a thread is free; stop a forked child that has returned from a handler."""
    if pool.refusal:
        pool.refusal = ""
    if forked.is_child:
        forked.leave()


def _refuse(context: Any, reason: str) -> None:
    import grpc

    context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, reason)


def _abort_panic(context: Any, error: BaseException) -> None:
    from plugin_sdk._serving.outcome import abort

    _log.log_exception("panic triggered", error)
    abort(context, error)
