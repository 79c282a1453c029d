"""Calls that do not return are named, what waits behind them is answered, and a process full of them ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Call, Plugin
from tests.conformance.messages import Message, ask, channel, health, one_query, query_data, resource, source

SECONDS = 60
HUNG = 260
"""More than the pool of queries has threads."""
THREADS = {"QueryData": 256, "CheckHealth": 32}
ENDPOINTS = {"QueryData": "queryData", "CheckHealth": "checkHealth"}


class Clock(NamedTuple):
    """Starts plugins that warn and refuse after so many seconds."""

    warn: float
    launch: Launch

    def start(self, target: str, **env: str) -> Plugin:
        plugin = self.launch(
            f"hostile:{target}", env={"GF_PLUGIN_CONFORMANCE_HURRY": f"{self.warn:g}", **env}
        )
        plugin.call("CheckHealth", health())
        return plugin


@pytest.fixture(
    params=[pytest.param(2.0, id="short"), pytest.param(10.0, id="long", marks=pytest.mark.nightly)]
)
def clock(request: pytest.FixtureRequest, launch: Launch) -> Clock:
    return Clock(request.param, launch)


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def running(plugin: Plugin, method: str) -> int:
    """Return how many calls have a thread: each is logged when it begins."""
    began = [entry for entry in plugin.logs() if entry["message"] == "Plugin Request Started"]
    return sum(entry["fields"]["endpoint"] == ENDPOINTS[method] for entry in began)


def fill(plugin: Plugin, method: str, message: Message) -> list[Call]:
    """Begin calls that do not return until all threads for them are taken."""
    before = running(plugin, method)
    calls = [plugin.send(method, message) for _ in range(HUNG)]
    until(lambda: running(plugin, method) >= before + THREADS[method])
    return calls


def leave(calls: list[Call]) -> None:
    for call in calls:
        if not call.done:
            call.cancel()
    for call in calls:
        call.result(SECONDS)


def is_warning(entry: Answer, handler: str, file: str = "hostile.py") -> bool:
    return (
        entry["level"] == "warn"
        and "has not returned" in entry["message"]
        and handler in entry["message"]
        and file in str(entry["fields"].get("file"))
    )


KINDS: dict[str, tuple[str, str, Message, str]] = {
    "a sync query": ("Sync", "QueryData", ask("hang"), "Sync.query"),
    "one of several queries": (
        "Sync",
        "QueryData",
        query_data(one_query({}, "A"), one_query({"do": "hang"}, "B"), one_query({"do": "hang"}, "C")),
        "Sync.query",
    ),
    "an async query": ("Loop", "QueryData", query_data(one_query({"hang": True})), "Loop.query"),
    "a health check": (
        "Sync",
        "CheckHealth",
        health(source(number=7, json_data={"hang": True})),
        "Sync.check_health",
    ),
    "a factory": (
        "Sync",
        "QueryData",
        query_data(ds=source(number=7, json_data={"init_hang": True})),
        "Sync.__init__",
    ),
    "a channel whose viewer left": ("Sync", "RunStream", channel("stuck/x"), "Sync.stuck"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_does_not_return_is_named_once_with_its_line(clock: Clock, kind: str) -> None:
    target, method, message, handler = KINDS[kind]
    plugin = clock.start(target)

    calls = [plugin.send(method, message) for _ in range(3)]
    if method == "RunStream":
        for call in calls:
            call.next_event()
        leave(calls)

    line = plugin.wait_log(lambda entry: is_warning(entry, handler), SECONDS)
    assert line["fields"]["handler"] == handler
    assert int(line["fields"]["line"]) > 0
    time.sleep(2.5)  # two checks more
    assert len([entry for entry in plugin.logs() if is_warning(entry, handler)]) == 1


def test_a_quiet_channel_that_is_watched_is_no_hung_call(clock: Clock) -> None:
    plugin = clock.start("Sync")
    stream = plugin.send("RunStream", channel("every/60000"))
    stream.next_event()

    time.sleep(clock.warn + 2.5)

    assert [entry for entry in plugin.logs() if "has not returned" in entry["message"]] == []


@pytest.mark.parametrize(
    ("target", "message"),
    [("Sync", ask("hang")), ("Loop", query_data(one_query({"hang": True})))],
    ids=["sync", "async"],
)
def test_what_waits_behind_hung_queries_is_refused_with_their_number(
    clock: Clock, target: str, message: Message
) -> None:
    plugin = clock.start(target)
    fill(plugin, "QueryData", message)

    late = plugin.send("QueryData", query_data())
    other = plugin.send("CallResource", resource("how/well"))

    for refused in (late, other):
        answer = refused.result(SECONDS)
        assert answer["code"] == "ResourceExhausted", answer
        assert "256" in answer["message"]
        assert f"{target}.query" in answer["message"]
        assert "hostile.py, line " in answer["message"]


def test_while_queries_are_refused_everything_else_is_served_and_health_says_so(clock: Clock) -> None:
    plugin = clock.start("Sync")
    calls = fill(plugin, "QueryData", ask("hang", seconds=4 * clock.warn + 8))
    leave(calls)
    assert plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] == "ResourceExhausted"

    at_once = plugin.call("QueryData", query_data(), seconds=SECONDS)
    checked = plugin.call("CheckHealth", health(), seconds=SECONDS)["reply"]
    stream = plugin.call("RunStream", channel("how/well"), seconds=SECONDS)

    assert at_once["code"] == "ResourceExhausted"
    assert checked["status"] == "ERROR"
    assert "do not return" in checked["message"]
    assert (stream["code"], len(stream["events"])) == ("OK", 2)
    plugin.ping()
    # The hung ones come back.
    until(lambda: plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] == "OK")
    assert plugin.call("CheckHealth", health(), seconds=SECONDS)["reply"]["status"] == "OK"


def test_a_burst_of_slow_calls_is_served_to_the_last(clock: Clock) -> None:
    plugin = clock.start("Sync")

    calls = [plugin.send("QueryData", ask("hang", seconds=clock.warn * 0.4)) for _ in range(600)]

    assert {call.result(SECONDS)["code"] for call in calls} == {"OK"}


@pytest.mark.parametrize(
    ("method", "message"),
    [("QueryData", ask("hang")), ("CheckHealth", health(source(number=7, json_data={"hang": True})))],
    ids=["queries", "health"],
)
def test_a_process_in_which_no_thread_comes_free_ends(clock: Clock, method: str, message: Any) -> None:
    plugin = clock.start("Sync", GF_PLUGIN_HANG_TIMEOUT=f"{clock.warn + 3:g}")
    calls = fill(plugin, method, message)
    plugin.send(method, message)
    leave(calls)

    assert plugin.exited(SECONDS)["exited"]
    assert plugin.exited()["exit_code"] == 1
    line = plugin.wait_log(
        lambda entry: entry["level"] == "error" and "no thread was free" in entry["message"]
    )
    assert "hostile.py" in line["message"]


def test_the_limit_can_be_switched_off(clock: Clock) -> None:
    plugin = clock.start("Sync", GF_PLUGIN_HANG_TIMEOUT="0")
    fill(plugin, "QueryData", ask("hang"))

    refused = plugin.call("QueryData", query_data(), seconds=SECONDS)

    assert refused["code"] == "ResourceExhausted"
    assert not plugin.exited(clock.warn + 3)["exited"]


def test_slow_loading_is_named(clock: Clock) -> None:
    env = {
        "GF_PLUGIN_CONFORMANCE_HURRY": f"{clock.warn:g}",
        "GF_PLUGIN_CONFORMANCE_IMPORT_SECONDS": f"{clock.warn + 4:g}",
    }
    plugin = clock.launch("noisy_import:Noisy", env=env)

    answer = plugin.call("QueryData", query_data(), seconds=SECONDS)

    assert answer["code"] == "OK"
    line = plugin.wait_log(lambda entry: "has been loading" in entry["message"])
    assert (line["level"], "noisy_import.py" in line["message"]) == ("warn", True)
