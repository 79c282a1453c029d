from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.watch import hung_calls
from plugin_sdk._serving.watch.hung_calls import HANG_VARIABLE, HungCalls, end_seconds
from tests.sdk.conftest import Lines


class Rpc:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint


class Call:
    """A call as the watch sees it, begun so long ago."""

    def __init__(self, endpoint: str = "queryData", *, age: float = 11, left: bool = False) -> None:
        self.rpc = Rpc(endpoint)
        self.thread = threading.get_ident()
        self.generator = None
        self.started = time.perf_counter() - age
        self.sent = 1
        self.left = left

    def is_cancelled(self) -> bool:
        return self.left


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> set[Any]:
    found: set[Any] = set()
    monkeypatch.setattr(hung_calls, "active", found)
    return found


@pytest.fixture
def pools() -> Iterator[Pools]:
    made = Pools.create()
    yield made
    made.close()


def warnings(logged: Lines) -> list[dict[str, Any]]:
    return [line for line in logged() if line["@level"] == "warn"]


@pytest.mark.parametrize(("text", "seconds"), [("", 300.0), ("20", 20.0), ("0", 0.0), ("-5", 0.0)])
def test_the_limit_of_the_environment(text: str, seconds: float) -> None:
    assert end_seconds({HANG_VARIABLE: text}) == seconds


def test_a_limit_that_is_no_number_is_named(logged: Lines) -> None:
    assert end_seconds({HANG_VARIABLE: "soon"}) == 300.0
    assert warnings(logged)[0]["value"] == "soon"


def test_a_call_is_named_once_and_again_when_all_had_ended(
    calls: set[Any], pools: Pools, logged: Lines
) -> None:
    watch = HungCalls(pools)
    calls.add(first := Call(left=True))
    for _ in range(3):
        assert watch.check() == ""
    (line,) = warnings(logged)
    assert "though its caller has left" in line["@message"]

    calls.remove(first)
    watch.check()
    calls.add(Call())
    watch.check()
    assert len(warnings(logged)) == 2


@pytest.mark.parametrize(
    "make",
    # Made by the test: a call grows older from its construction on.
    [lambda: Call(age=1), lambda: Call("runStream"), lambda: Call("runStream", age=1, left=True)],
    ids=["young", "watched", "left"],
)
def test_what_is_no_hung_call(calls: set[Any], pools: Pools, logged: Lines, make: Callable[[], Call]) -> None:
    calls.add(make())

    assert HungCalls(pools).check() == ""
    assert warnings(logged) == []


def test_a_response_that_goes_on_is_no_hung_call(calls: set[Any], pools: Pools, logged: Lines) -> None:
    call = Call("callResource")
    watch = HungCalls(pools)
    calls.add(call)
    watch.check()
    before = len(warnings(logged))
    call.sent += 1
    watch.check()

    assert before == 1
    assert watch._named == set()


def test_half_of_the_channels_lost_end_the_process(
    calls: set[Any], pools: Pools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hung_calls, "STREAM_LIMIT", 4)
    watch = HungCalls(pools, end_after=0.01)
    calls.update(Call("runStream", left=True) for _ in range(2))
    watch.check()
    time.sleep(0.05)

    assert "2 channels do not end" in watch.check()


def test_a_call_that_could_not_be_taken_ends_the_process(calls: set[Any], pools: Pools) -> None:
    pools.queries.failure = MemoryError()

    assert "could not be queued: MemoryError" in HungCalls(pools).check()
