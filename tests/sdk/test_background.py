"""Data sources that keep state: a reader in the background, a feed to streams, an instance shared with the shell."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from plugin_sdk import CheckHealthResult, DataSource, Feed, RunStreamRequest, background, stream
from plugin_sdk._serving import background_tasks
from plugin_sdk.messages.data import INSTANCE, RUNNING
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS
from tests.waiting import eventually

log: list[str] = []


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    log.clear()
    monkeypatch.setattr(background_tasks, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(background_tasks, "LAST_PAUSE_SECONDS", 0.02)


class Machine(DataSource[dict[str, Any], dict[str, Any]]):
    def __init__(self, instance: Any) -> None:
        self.connected = threading.Event()
        self.feed: Feed[Any] = Feed()
        log.append("made")

    @background
    async def read(self) -> None:
        self.connected.set()
        try:
            for number in range(10**6):
                self.feed.send(number)
                await asyncio.sleep(0.001)
        finally:
            log.append("async ended")

    @background
    def poll(self, stop: threading.Event) -> None:
        stop.wait(SECONDS)
        log.append("thread ended")

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("connected" if self.connected.wait(0.5) else "not connected yet")

    @stream("async")
    async def with_async(self) -> AsyncIterator[Any]:
        async for value in self.feed:
            yield value

    @stream("sync")
    def with_sync(self, request: RunStreamRequest) -> Iterator[Any]:
        try:
            yield from self.feed.listen(request)
        finally:
            log.append("listener ended")

    def dispose(self) -> None:
        self.feed.close()
        log.append("disposed")


def test_background_methods_run_with_the_instance() -> None:
    with in_process(Machine) as client:
        assert client.check_health(settings()).message == "connected"
        assert log == ["made"]

    assert sorted(log[1:3]) == ["async ended", "thread ended"]
    assert log[3:] == ["disposed"]


@pytest.mark.parametrize("path", ["async", "sync"])
def test_a_feed_reaches_the_streams(path: str) -> None:
    with in_process(Machine) as client:
        first, second = client.run_stream(path, settings()), client.run_stream(path, settings())
        numbers = [next(first) for _ in range(3)]
        assert numbers == list(range(numbers[0], numbers[0] + 3))
        assert next(second) >= 0
        first.close()  # type: ignore[attr-defined]  # a generator
        assert next(second) >= 0


def test_a_sync_listener_ends_when_its_viewer_leaves() -> None:
    class Silent(Machine):
        read = None  # type: ignore[assignment]  # sends nothing

    def watch(packets: Iterator[Any]) -> None:
        with contextlib.suppress(ClientError):
            list(packets)

    with in_process(Silent) as client:
        watcher = threading.Thread(target=watch, args=(client.run_stream("sync", settings()),))
        watcher.start()
        eventually(lambda: "made" in log)
    watcher.join()

    assert eventually(lambda: "listener ended" in log)


def test_a_new_instance_takes_over_and_the_old_one_ends() -> None:
    with in_process(Machine) as client:
        client.check_health(settings(updated_ms=1))
        client.check_health(settings({"new": True}, updated_ms=2))
        assert log == ["made", "made"]

    assert log.count("disposed") == log.count("async ended") == 2


class Failing(DataSource[dict[str, Any], dict[str, Any]]):
    def __init__(self, instance: Any) -> None:
        self.tries = self.thread_tries = 0
        self.done = threading.Event()
        self.thread_done = threading.Event()

    @background
    async def read(self) -> None:
        self.tries += 1
        if self.tries < 3:
            raise ConnectionError("refused")
        self.done.set()

    @background
    def poll(self, stop: threading.Event) -> None:
        self.thread_tries += 1
        if self.thread_tries < 3:
            raise ConnectionError("refused too")
        self.thread_done.set()

    def check_health(self) -> CheckHealthResult:
        assert self.done.wait(SECONDS)
        assert self.thread_done.wait(SECONDS)
        return CheckHealthResult.ok(f"{self.tries} {self.thread_tries}")


def test_a_method_that_fails_is_logged_and_started_again(logged: Lines) -> None:
    with in_process(Failing) as client:
        assert client.check_health(settings()).message == "3 3"

    failures = [line for line in logged() if line["@message"].startswith("the background method")]
    assert sorted({(line["method"], line["error"]) for line in failures}) == [
        ("poll", "refused too"),
        ("read", "refused"),
    ]
    assert failures[0]["@message"].endswith("failed; it is started again in 0.01 s")


def test_a_slow_listener_loses_the_oldest_and_never_holds_up_the_reader() -> None:
    feed: Feed[int] = Feed(most=2)
    request = SimpleNamespace(cancelled=False)
    listener = feed.listen(request)
    started = threading.Thread(target=lambda: log.append(str(next(listener))))
    started.start()
    eventually(lambda: feed._listeners)
    feed.send(0)
    started.join()
    for number in range(1, 5):
        feed.send(number)
    feed.close()

    assert log == ["0"]
    assert list(listener) == [4]  # the mark of the end took a place too


def test_a_closed_feed_ends_who_comes_later() -> None:
    feed: Feed[int] = Feed()
    feed.close()

    async def listen() -> list[int]:
        return [value async for value in feed]

    assert list(feed.listen(SimpleNamespace(cancelled=False))) == []
    assert asyncio.run(listen()) == []
    feed.send(1)


def test_a_shell_is_answered_by_the_instance_that_runs() -> None:
    with in_process(Machine) as client:
        page = settings({"url": "x"}, {"key": "y"}, updated_ms=5)
        client.check_health(page)
        shell = client.with_metadata((INSTANCE, RUNNING), ("tenantid", "plugin-cli"))
        for number in (10, 11):
            # The same settings, written in another way and later.
            shell.check_health(settings({"url": "x"}, {"key": "y"}, updated_ms=number))
        assert log == ["made"]
        for number in (12, 13):
            shell.check_health(settings({"url": "other"}, {"key": "y"}, updated_ms=number))
        assert log == ["made", "made"]  # other settings are another instance, kept for the next command
        client.check_health(page)
        assert log == ["made", "made"]
