from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from plugin_sdk.cache import cached, entries
from plugin_sdk.context import PluginContext, User
from plugin_sdk.errors import DownstreamError
from plugin_sdk.messages import Headers
from plugin_sdk.messages.current import CurrentRequest, reset_current, set_current


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(entries, "clock", made)
    return made


class Source:
    """Counts calls; `started` and `go_on` hold them up."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.errors: list[Exception] = []

    def _work(self, name: str) -> str:
        self.calls.append(name)
        self.started.set()
        assert self.go_on.wait(20)
        if self.errors:
            raise self.errors.pop()
        return f"{name}-{len(self.calls)}"

    @cached(seconds=60, most=2)
    def get(self, name: str = "a", _option: int = 0) -> str:
        return self._work(name)

    @cached(seconds=60)
    async def get_async(self, name: str = "a") -> str:
        return await asyncio.to_thread(self._work, name)


@pytest.fixture
def source() -> Source:
    made = Source()
    made.go_on.set()
    return made


def test_a_value_is_kept_by_arguments_until_its_time_is_over(source: Source, clock: Clock) -> None:
    assert [source.get("a"), source.get("a"), source.get("b"), source.get("a", 1)] == [
        "a-1",
        "a-1",
        "b-2",
        "a-3",
    ]
    clock.now += 59
    assert source.get("b") == "b-2"
    clock.now += 2
    assert source.get("b") == "b-4"


def test_the_least_recently_used_value_goes_first(source: Source) -> None:
    source.get("a"), source.get("b"), source.get("a"), source.get("c")

    assert [source.get("a"), source.get("b")] == ["a-1", "b-4"]


def test_each_instance_has_its_own_and_can_forget(source: Source) -> None:
    other = Source()
    other.go_on.set()
    source.get(), source.get(), other.get()
    source.get.clear()

    assert source.get() == "a-2"
    assert (len(source.calls), len(other.calls)) == (2, 1)


def together(source: Source, count: int, how: Any) -> list[Any]:
    """Call `how` in several threads, all of which are in before the one call ends."""
    kept = source.get._entries
    join, joined = kept.join, threading.Semaphore(0)

    def counted(key: Any) -> Any:
        result = join(key)
        joined.release()
        return result

    kept.join = counted  # type: ignore[method-assign]
    source.go_on.clear()
    with ThreadPoolExecutor(count) as pool:
        found = [pool.submit(how)]
        assert source.started.wait(20)
        found += [pool.submit(how) for _ in range(count - 1)]
        assert all(joined.acquire(timeout=20) for _ in range(count))
        source.go_on.set()
        return [one.exception(20) or one.result() for one in found]


def test_who_asks_at_the_same_time_waits_for_one_call(source: Source) -> None:
    assert together(source, 8, source.get) == ["a-1"] * 8


def test_an_error_is_given_to_all_who_wait_and_not_kept(source: Source) -> None:
    source.errors = [DownstreamError("the service is down")]

    assert {str(error) for error in together(source, 4, source.get)} == {"the service is down"}
    assert source.get() == "a-2"


def test_who_waits_makes_the_call_again_if_the_first_caller_has_left(source: Source) -> None:
    source.errors = [DownstreamError("the request was cancelled", status=499)]

    first, *others = together(source, 4, source.get)

    assert isinstance(first, DownstreamError)
    assert others == ["a-2"] * 3


def test_a_caller_that_leaves_stops_waiting(source: Source) -> None:
    source.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(source.get)
        assert source.started.wait(20)
        token = set_current(CurrentRequest(PluginContext(), Headers(), lambda: True))
        with pytest.raises(DownstreamError, match="cancelled"):
            source.get()
        reset_current(token)
        source.go_on.set()

        assert first.result(20) == "a-1"


def test_coroutines_share_a_call_and_survive_the_first_ones_end(source: Source) -> None:
    async def run() -> list[Any]:
        source.go_on.clear()
        tasks = [asyncio.create_task(source.get_async()) for _ in range(4)]
        await asyncio.to_thread(source.started.wait, 20)
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        source.go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, *others = asyncio.run(run())

    assert isinstance(first, asyncio.CancelledError)
    assert len(set(others)) == 1
    assert len(source.calls) == 2  # that of the cancelled one, and one for all others


def test_what_is_cleared_under_way_is_not_kept(source: Source) -> None:
    source.go_on.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(source.get)
        assert source.started.wait(20)
        source.get.clear()
        source.go_on.set()
        assert first.result(20) == "a-1"

    assert source.get() == "a-2"


IDENTITIES = {
    "token": {"Authorization": "Bearer 1"},
    "another token": {"Authorization": "Bearer 2"},
    "id token": {"X-Id-Token": "1"},
    "cookie": {"http_Cookie": "session=1"},
}


def as_user(headers: dict[str, str], login: str, source: Source) -> str:
    token = set_current(CurrentRequest(PluginContext(user=User(login)), Headers(headers), lambda: False))
    try:
        return source.get()
    finally:
        reset_current(token)


@pytest.mark.parametrize("headers", IDENTITIES.values(), ids=IDENTITIES)
def test_a_value_fetched_with_somebodys_identity_is_nobody_elses(
    headers: dict[str, str], source: Source
) -> None:
    mine = as_user(headers, "ada", source)

    assert as_user(headers, "ada", source) == mine
    assert as_user({}, "ada", source) != mine


def test_without_a_forwarded_identity_users_share(source: Source) -> None:
    assert as_user({"http_X-Grafana-User": "ada"}, "ada", source) == as_user({}, "bob", source)


def test_arguments_that_cannot_be_compared_are_refused(source: Source) -> None:
    with pytest.raises(TypeError, match=r"Source\.get is cached by its arguments"):
        source.get(["a"])  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "most"), [(0, 1), (-1, 1), (1, 0)])
def test_limits_that_keep_nothing_are_refused(seconds: float, most: int) -> None:
    with pytest.raises(ValueError, match="have to be positive"):
        cached(seconds=seconds, most=most)


def test_a_generator_is_refused() -> None:
    def values(_self: Any) -> Iterator[int]:
        yield 1

    with pytest.raises(TypeError, match="is a generator"):
        cached(seconds=1)(values)
