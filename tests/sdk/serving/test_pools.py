from __future__ import annotations

import os
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sized
from concurrent.futures import CancelledError
from typing import Any

import pytest

from plugin_sdk._serving import forked, pools
from plugin_sdk._serving.pools import Pool, in_pool
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS
from tests.waiting import eventually


class Aborted(Exception):
    """What gRPC raises in `abort`."""


class Context:
    """The side of grpcio that behaviours see."""

    def __init__(self) -> None:
        self.status: tuple[str, str] | None = None

    def is_active(self) -> bool:
        return True

    def abort(self, code: Any, details: str) -> None:
        self.status = (code.name, details)
        raise Aborted


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(2, "test")
    yield made
    made.shutdown(wait=False)


def have_run(calls: Sized, count: int) -> None:
    eventually(lambda: len(calls) == count)


def no_more_threads(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_call_waits_where_no_thread_can_be_started(pool: Pool) -> None:
    done = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "_start_thread", no_more_threads)
        pool.submit(done.set)
        assert (pool.waiting(), pool.threads()) == (1, 0)
        assert pool.add_thread() is False

    assert pool.add_thread() is True
    assert done.wait(SECONDS)


def test_what_cannot_even_be_queued_is_remembered_and_not_raised(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(deque[Any]):
        def append(self, _call: object) -> None:
            raise MemoryError

    monkeypatch.setattr(pool, "_calls", Full())

    assert not pool.submit(print).done()
    assert isinstance(pool.failure, MemoryError)


def test_any_other_reason_that_nothing_is_served_is_remembered(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(pools, "_start_thread", refuse)
    assert not pool.submit(print).done()
    assert str(pool.failure) == "broken"


def test_a_call_after_the_end_of_a_pool_is_remembered_too(pool: Pool) -> None:
    pool.shutdown()
    pool.start(print)
    assert str(pool.failure) == "the pool is shut down"


def test_threads_beyond_the_limit_are_started_when_asked_for(pool: Pool) -> None:
    go_on = threading.Event()
    for _ in range(3):
        pool.submit(go_on.wait, SECONDS)
    eventually(lambda: pool.threads() == 2)
    assert (pool.add_thread(), pool.waiting()) == (False, 1)

    assert pool.add_thread(1) is True
    eventually(lambda: pool.waiting() == 0)
    go_on.set()


def test_a_prestarted_pool_has_its_first_thread() -> None:
    pool = Pool(2, "test").prestart()

    assert pool.threads() == 1
    pool.shutdown()


def test_calls_that_wait_for_each_other_get_a_thread_each() -> None:
    pool = Pool(20, "test")
    barrier = threading.Barrier(20)
    passed: list[int] = []

    def work(number: int) -> None:
        barrier.wait(SECONDS)
        passed.append(number)

    for number in range(20):
        pool.start(work, number)
    eventually(lambda: len(passed) == 20)
    assert pool.threads() == 20
    pool.shutdown()


def test_calls_one_after_the_other_are_served_by_the_thread_that_was_idle_last(pool: Pool) -> None:
    served: list[int] = []
    both = threading.Barrier(2)
    for _ in range(2):
        pool.start(both.wait, SECONDS)
    for number in range(50):
        eventually(lambda: len(pool._idle) == 2)
        pool.start(lambda: served.append(threading.get_ident()))
        have_run(served, number + 1)
    assert len(set(served)) == 1


def test_no_call_is_left_in_the_queue_however_threads_take_turns() -> None:
    """A call that is queued in the moment in which the last thread goes to sleep must wake it."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for limit in (1, 2, 8):
            pool = Pool(limit, "test")
            done: deque[int] = deque()

            def many(pool: Pool = pool, done: deque[int] = done) -> None:
                for number in range(300):
                    pool.start(done.append, number)

            callers = [threading.Thread(target=many) for _ in range(4)]
            for caller in callers:
                caller.start()
            have_run(done, 1200)
            assert pool.threads() <= limit
            for _ in range(200):  # one at a time, each just when the thread goes to sleep
                served = threading.Event()
                pool.start(served.set)
                assert served.wait(SECONDS)
            pool.shutdown()
    finally:
        sys.setswitchinterval(before)


def test_what_a_call_raises_does_not_end_its_thread(pool: Pool, logged: Lines) -> None:
    def leave() -> None:
        raise SystemExit(3)

    done = threading.Event()
    for _ in range(5):
        pool.start(leave)
    pool.start(done.set)
    assert done.wait(SECONDS)
    eventually(lambda: len(logged()) == 5)
    assert {line["@message"] for line in logged()} == {"uncaught exception in a thread"}


def test_a_submitted_call_has_a_future(pool: Pool) -> None:
    def fails() -> None:
        raise KeyError("a")

    go_on = threading.Event()
    waiting = [pool.submit(go_on.wait, timeout=SECONDS) for _ in range(2)]
    never = pool.submit(fails)
    assert never.cancel()
    go_on.set()
    assert [future.result(SECONDS) for future in waiting] == [True, True]
    assert isinstance(pool.submit(fails).exception(SECONDS), KeyError)
    with pytest.raises(CancelledError):
        never.result(SECONDS)


@pytest.mark.parametrize(("cancel", "served"), [(False, 11), (True, 1)])
def test_a_pool_that_is_shut_down_ends_its_threads(cancel: bool, served: int) -> None:
    pool, go_on, done = Pool(1, "test"), threading.Event(), deque[int]()

    def first() -> None:
        go_on.wait(SECONDS)
        done.append(0)

    pool.start(first)
    eventually(lambda: pool.waiting() == 0)
    for number in range(10):
        pool.start(done.append, number)
    pool.shutdown(wait=False, cancel_futures=cancel)
    go_on.set()
    pool.shutdown()
    assert len(done) == served
    assert not any(worker.is_alive() for worker in pool._workers)
    assert pool.failure is None


@pytest.mark.parametrize("streaming", [False, True])
def test_calls_are_refused_with_the_reason_until_one_comes_back(pool: Pool, streaming: bool) -> None:
    behavior = in_pool(pool, lambda _request, _context: iter("a"), streaming=streaming)
    begun = behavior(None, Context())
    pool.refusal = "all threads are taken"
    context = Context()

    with pytest.raises(Aborted):
        behavior(None, context)
    assert context.status == ("RESOURCE_EXHAUSTED", "all threads are taken")

    if streaming:
        assert list(begun) == ["a"]
        assert pool.refusal == ""


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("streaming", [False, True])
def test_what_grpcio_does_not_handle_is_a_status(
    pool: Pool, streaming: bool, error: BaseException, logged: Lines
) -> None:
    def behavior(_request: object, _context: object) -> Iterator[str]:
        raise error

    def streams(request: object, context: object) -> Iterator[str]:
        yield from behavior(request, context)

    context = Context()
    call = in_pool(pool, streams if streaming else behavior, streaming=streaming)

    with pytest.raises(Aborted):
        next(call(None, context))

    assert context.status is not None
    assert (context.status[0], type(error).__name__ in context.status[1]) == ("UNKNOWN", True)
    assert logged()[-1]["@message"] == "panic triggered"


def test_a_forked_child_that_comes_back_is_stopped(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, logged: Lines
) -> None:
    codes: list[int] = []
    monkeypatch.setattr(forked, "is_child", True)
    monkeypatch.setattr(os, "_exit", codes.append)

    in_pool(pool, lambda _request, _context: "answer")(None, Context())

    assert codes == [1]
    assert "os._exit()" in logged()[-1]["@message"]


def test_a_thread_that_ends_at_its_start_is_not_counted_and_wakes_the_next(pool: Pool) -> None:
    done = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pool, "_work", lambda *_: None)
        pool.submit(done.set)
        eventually(lambda: not any(worker.is_alive() for worker in pool._workers))

    eventually(lambda: pool.threads() == 1 and done.is_set())
