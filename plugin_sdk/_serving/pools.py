"""A thread pool for each kind of work, so that none can starve another, and which idle thread is woken.

grpcio's server takes one pool for everything, but a behaviour with the attribute `experimental_thread_pool`
runs in that pool. This is not part of grpcio's public interface, so a test blocks 150 queries and checks
health meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from plugin_sdk import _log
from plugin_sdk._serving import forked
from plugin_sdk._serving.transport import received_first

STREAM_LIMIT = 1_000
"""The maximum number of open channels, each of which occupies a thread."""


# Bound here, whatever the plugin's code does to the module.
_Thread, _start_thread, _new_lock = threading.Thread, threading.Thread.start, threading.Lock
_NO_THREAD = "can't start new thread"
"""What Python says if the system refuses one."""


class Pool(ThreadPoolExecutor):
    """A pool whose `submit` never raises: an exception in grpcio's serving thread would end all serving.

    grpcio accepts nothing but a ThreadPoolExecutor, of which nothing is used: a future for each call, with
    its lock, costs more than many a query. The thread that was idle last is woken first, and one at a time:
    it wakes the next if it has left calls behind. So short calls are served by a few threads, and those that
    wait for something by as many as there are calls.

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
        self._calls: deque[tuple[Callable[..., Any], tuple[Any, ...]]] = deque()
        self._idle: list[threading.Lock] = []  # of sleeping threads, each of which waits for its own
        self._waking = threading.Lock()  # held from the moment a thread is woken until it has taken a call
        self._workers: list[threading.Thread] = []
        self._woken: threading.Thread | None = None  # the new one that holds `_waking`
        self._adding = threading.Lock()
        self._most = limit
        self._closed = False

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Queue a call and return its future; for grpcio, where it passes one of its streams on."""
        future: Future[Any] = Future()
        self.start(_complete, future, partial(function, *args, **named))
        return future

    def start(self, function: Callable[..., Any], /, *args: Any) -> None:
        """Queue a call without a future; if no thread can be started, it waits for an existing one."""
        self.submitted += 1
        try:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._calls.append((function, args))
            self._wake()
        except BaseException as error:
            self.failure = error

    def prestart(self) -> Pool:
        """Start the first thread now; later it may not be possible."""
        self.start(_nothing)
        return self

    def waiting(self) -> int:
        """Return how many calls are queued."""
        return len(self._calls)

    def threads(self) -> int:
        """Return how many threads run: a trace function that fails ends each new one at its start."""
        ended = [worker for worker in list(self._workers) if not worker.is_alive()]
        for worker in ended:
            self._workers.remove(worker)
        count = len(self._workers)  # without the one that is started now, which may end as well
        if self._woken in ended:
            self._woken = None
            self._waking.release()
            self._wake()
        return count

    def add_thread(self, beyond: int = 0) -> bool:
        """Start one more thread for queued calls, `beyond` the limit if requested; return True on success."""
        self._most = max(self._most, self.limit + beyond)
        with contextlib.suppress(RuntimeError, MemoryError):
            return self._add_thread(is_woken=False)
        return False

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads once they have worked off what is queued."""
        self._closed = True
        if cancel_futures:
            self._calls.clear()
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().release()
        for worker in self._workers if wait else ():
            worker.join()

    def _wake(self) -> None:
        """Have a thread take a queued call, unless one is about to; it goes on from there.

        If all threads are busy, each looks at the queue when it is done. One that goes to sleep meanwhile
        finds `_waking` taken, so this looks again after releasing it.
        """
        while self._calls and self._waking.acquire(blocking=False):
            woken = False
            try:
                woken = self._wake_one()
            finally:
                if not woken:
                    self._waking.release()
            if woken or not self._idle:
                return

    def _wake_one(self) -> bool:
        try:
            sleeping = self._idle.pop()
        except IndexError:
            return self._add_thread(is_woken=True)
        sleeping.release()
        return True

    def _add_thread(self, *, is_woken: bool) -> bool:
        with self._adding:
            if len(self._workers) >= self._most or self._closed:
                return False
            name = f"{self.name}_{len(self._workers)}"
            worker = _Thread(target=self._work, args=(is_woken,), name=name, daemon=True)
            self._woken = worker if is_woken else self._woken
            try:
                _start_thread(worker)
            except RuntimeError as error:
                if not str(error).startswith(_NO_THREAD):
                    raise
                return False
            self._workers.append(worker)
            return True

    def _work(self, is_woken: bool) -> None:
        """Work off calls, in one thread, until the pool is shut down."""
        wakes = _new_lock()
        wakes.acquire()
        while True:
            try:
                function, args = self._calls.popleft()
            except IndexError:
                function, args = _nothing, ()
            if is_woken:
                is_woken, self._woken = False, None
                self._waking.release()
                self._wake()
            if function is not _nothing:
                _run(function, args)
                del function, args  # not kept while the thread sleeps
                continue
            self._idle.append(wakes)
            self._wake()  # a call may have been queued since this looked
            if self._closed and not self._calls:
                return
            wakes.acquire()
            is_woken = not self._closed


def _complete(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)


def _run(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Call what must not end the thread."""
    try:
        function(*args)
    except BaseException as error:
        _log.log_exception("uncaught exception in a thread", error, thread=threading.current_thread().name)


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
