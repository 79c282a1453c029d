from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plugin_cli.dev.preview.bridge import BackendState, BackendUnavailableError, Health
from plugin_cli.dev.supervisor import process_bridge
from plugin_cli.dev.supervisor.process_bridge import BackendStartError, ProcessBridge
from plugin_sdk.context import DataSourceInstanceSettings

SETTINGS: DataSourceInstanceSettings[Any] = DataSourceInstanceSettings(uid="x")


class Handle:
    """A backend that says its name, and may be made to think about it."""

    def __init__(self, name: str, problem: str | None = "") -> None:
        self.name = name
        self.problem = problem
        self.calls: Any = self
        self.alive = True
        self.stopped = threading.Event()
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.answer.set()

    def check_health(self, settings: object, headers: object) -> Health:
        self.asked.set()
        self.answer.wait(20)
        return Health("OK", self.name)

    def on_loaded(self, callback: Callable[[str], None]) -> None:
        self.tell_loaded = callback
        if self.problem is not None:
            callback(self.problem)

    def running(self) -> bool:
        return self.alive

    def exit_code(self) -> int:
        return 7

    def stop(self) -> None:
        self.alive = False
        self.stopped.set()


@contextmanager
def bridge_of(
    *made: Handle | Exception, alone: bool = False
) -> Iterator[tuple[ProcessBridge, list[BackendState]]]:
    coming = iter(made)

    def start() -> Any:
        item = next(coming)
        if isinstance(item, Exception):
            raise item
        return item

    states: list[BackendState] = []
    bridge = ProcessBridge(start, "source", states.append, alone=alone)
    bridge.open()
    try:
        yield bridge, states
    finally:
        bridge.close()


def name_of(bridge: ProcessBridge) -> str:
    return bridge.check_health(SETTINGS, {}).message


def test_a_new_backend_takes_over_and_the_old_one_ends() -> None:
    old, new = Handle("old"), Handle("new")
    with bridge_of(old, new) as (bridge, _):
        assert name_of(bridge) == "old"

        bridge.exchange()

        assert name_of(bridge) == "new"
        assert old.stopped.wait(10)
    assert new.stopped.is_set()


def test_a_call_under_way_is_answered_by_the_backend_it_began_on() -> None:
    old, new = Handle("old"), Handle("new")
    old.answer.clear()
    with bridge_of(old, new) as (bridge, _):
        got: list[str] = []
        caller = threading.Thread(target=lambda: got.append(name_of(bridge)))
        caller.start()
        assert old.asked.wait(10)

        bridge.exchange()

        assert not old.stopped.is_set()
        old.answer.set()
        caller.join(10)
        assert got == ["old"]
        assert old.stopped.wait(10)


def test_a_backend_that_does_not_start_is_the_answer_of_every_call_until_one_does() -> None:
    with bridge_of(BackendStartError("SyntaxError: line 3"), Handle("healed")) as (bridge, states):
        with pytest.raises(BackendUnavailableError, match="SyntaxError: line 3"):
            name_of(bridge)
        assert bridge.state() == BackendState("source", False, "SyntaxError: line 3")

        bridge.exchange()

        assert name_of(bridge) == "healed"
    assert [state.running for state in states] == [False, True]


def test_where_only_one_may_run_calls_wait_until_the_next_one_does() -> None:
    old, begun, go = Handle("old"), threading.Event(), threading.Event()
    old.answer.clear()
    coming = [old]

    def start() -> Any:
        if coming:
            return coming.pop()
        assert old.stopped.is_set()
        begun.set()
        go.wait(20)
        return Handle("new")

    bridge = ProcessBridge(start, "source", lambda _: None, alone=True)
    bridge.open()
    got: list[str] = []
    callers = [threading.Thread(target=lambda: got.append(name_of(bridge))) for _ in range(2)]
    callers[0].start()
    assert old.asked.wait(10)
    exchange = threading.Thread(target=bridge.exchange)
    exchange.start()
    assert not begun.wait(0.3)
    old.answer.set()
    assert begun.wait(10)
    callers[1].start()
    go.set()
    for thread in (exchange, *callers):
        thread.join(10)
    bridge.close()

    assert got == ["old", "new"]


def test_calls_wait_for_the_first_backend_instead_of_failing() -> None:
    begun, go = threading.Event(), threading.Event()

    def slowly() -> Any:
        begun.set()
        go.wait(20)
        return Handle("first")

    bridge = ProcessBridge(slowly, "source", lambda state: None)
    opener = threading.Thread(target=bridge.open)
    opener.start()
    assert begun.wait(10)
    got: list[str] = []
    caller = threading.Thread(target=lambda: got.append(name_of(bridge)))
    caller.start()
    go.set()
    caller.join(10)
    opener.join(10)
    bridge.close()

    assert got == ["first"]


def test_a_process_that_ends_by_itself_is_started_again() -> None:
    crashed, next_one = Handle("crashed"), Handle("next")
    with bridge_of(crashed, next_one) as (bridge, states):
        crashed.alive = False
        wait_until(lambda: len(states) == 3)

        assert name_of(bridge) == "next"
    assert [state.running for state in states] == [True, False, True]


def wait_until(reached: Callable[[], bool]) -> None:
    for _ in range(1000):
        if reached():
            return
        threading.Event().wait(0.01)
    raise AssertionError("not reached")


def test_the_backend_runs_only_when_the_authors_code_is_loaded() -> None:
    loading = Handle("loading", problem=None)
    with bridge_of(loading) as (bridge, states):
        assert states == []

        loading.tell_loaded("SyntaxError: line 3")

        assert states == [BackendState("source", False, "SyntaxError: line 3")] == [bridge.settled(60)]
        assert name_of(bridge) == "loading"


def test_what_became_of_an_old_backend_is_no_news() -> None:
    old = Handle("old", problem=None)
    with bridge_of(old, Handle("new")) as (bridge, states):
        bridge.exchange()
        old.tell_loaded("too late")

        assert states == [BackendState("source", True)] == [bridge.state()]


def test_a_backend_that_ends_while_it_loads_waits_for_the_next_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_bridge, "_LAST_WORDS_SECONDS", 0.01)
    crashing, told = Handle("crashing", problem=None), threading.Event()
    made = iter([crashing, Handle("mended")])
    bridge = ProcessBridge(lambda: next(made), "source", lambda _: told.set())
    bridge.open()
    try:
        crashing.alive = False
        assert told.wait(60)
        with pytest.raises(BackendUnavailableError) as refused:
            name_of(bridge)
        assert str(refused.value) == (
            "the backend's process ended while it loaded the plugin's code (exit code 7); "
            "mend the code, it is started again when you save; what it said: plugin-cli dev logs"
        )
        assert crashing.stopped.wait(60)

        bridge.exchange()

        assert name_of(bridge) == "mended"
    finally:
        bridge.close()
