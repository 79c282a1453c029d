from __future__ import annotations

import os
import threading
from collections.abc import Iterator
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


def no_more_threads(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_a_call_waits_where_no_thread_can_be_started(pool: Pool) -> None:
    done = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more_threads)
        pool.submit(done.set)
        assert (pool.waiting(), pool.threads()) == (1, 0)
        assert pool.add_thread() is False

    assert pool.add_thread() is True
    assert done.wait(SECONDS)


def test_what_cannot_even_be_queued_is_remembered_and_not_raised(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_item: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pools, "_submit", lambda *_: full(None))

    assert not pool.submit(print).done()
    assert isinstance(pool.failure, MemoryError)


@pytest.mark.parametrize("reason", ["cannot schedule new futures after shutdown", "broken"])
def test_any_other_reason_that_nothing_is_queued_is_remembered(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError(reason)

    monkeypatch.setattr(pools, "_submit", refuse)

    assert not pool.submit(print).done()
    assert str(pool.failure) == reason


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
