"""Calls that do not return are named, what waits behind them is answered, and a process full of them ends."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Call, Plugin
from tests.conformance.messages import Message, ask, channel, health, one_query, query_data, resource, source

# Each waits for warnings that come after some seconds, and for hundreds of threads: what is decided there is
# tested at once in tests/sdk/serving/test_hung_calls.py.
pytestmark = pytest.mark.nightly

SECONDS = 40
HUNG = 260
"""More than the pool of queries has threads."""


def fill(plugin: Plugin, method: str, message: Message, count: int = HUNG) -> list[Call]:
    """Begin calls that never return, and have their callers leave."""
    plugin.call("CheckHealth", health())
    calls = [plugin.send(method, message) for _ in range(count)]
    time.sleep(1.5)
    for call in calls:
        call.cancel()
    for call in calls:
        call.result(SECONDS)
    return calls


def is_warning(entry: Answer, handler: str, file: str = "hostile.py") -> bool:
    return (
        entry["level"] == "warn" and handler in entry["message"] and file in str(entry["fields"].get("file"))
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
def test_a_call_that_does_not_return_is_named_once_with_its_line(launch: Launch, kind: str) -> None:
    target, method, message, handler = KINDS[kind]
    plugin = launch(f"hostile:{target}")
    plugin.call("CheckHealth", health())

    calls = [plugin.send(method, message) for _ in range(3)]
    time.sleep(1)
    for call in calls:
        if target == "Sync":  # an async handler that waits is cancelled with its call
            call.cancel()

    line = plugin.wait_log(lambda entry: is_warning(entry, handler), 20)
    assert line["fields"]["handler"] == handler
    assert int(line["fields"]["line"]) > 0
    time.sleep(3)
    assert len([entry for entry in plugin.logs() if is_warning(entry, handler)]) == 1


def test_a_quiet_channel_that_is_watched_is_no_hung_call(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    stream = plugin.send("RunStream", channel("every/60000"))
    stream.next_event()

    time.sleep(13)

    assert [entry for entry in plugin.logs() if entry["level"] == "warn"] == []


@pytest.mark.parametrize(
    ("target", "message"),
    [("Sync", ask("hang")), ("Loop", query_data(one_query({"hang": True})))],
    ids=["sync", "factory-or-async"],
)
def test_what_waits_behind_hung_queries_is_refused_with_their_number(
    launch: Launch, target: str, message: Message
) -> None:
    plugin = launch(f"hostile:{target}")
    calls = [plugin.send("QueryData", message) for _ in range(HUNG)]
    time.sleep(2)

    late = plugin.send("QueryData", query_data())
    other = plugin.send("CallResource", resource("how/well"))

    if target == "Sync":
        for call in calls[:HUNG]:
            call.cancel()
    for refused in (late, other):
        answer = refused.result(SECONDS)
        assert answer["code"] == "ResourceExhausted", answer
        assert "256" in answer["message"]
        assert f"{target}.query" in answer["message"]
        assert "hostile.py, line " in answer["message"]


def test_while_queries_are_refused_everything_else_is_served_and_health_says_so(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    fill(plugin, "QueryData", ask("hang", seconds=25))
    assert plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] == "ResourceExhausted"

    began = time.monotonic()
    at_once = plugin.call("QueryData", query_data(), seconds=SECONDS)
    checked = plugin.call("CheckHealth", health(), seconds=SECONDS)["reply"]
    stream = plugin.call("RunStream", channel("how/well"), seconds=SECONDS)

    assert at_once["code"] == "ResourceExhausted"
    assert time.monotonic() - began < 5
    assert checked["status"] == "ERROR"
    assert "do not return" in checked["message"]
    assert (stream["code"], len(stream["events"])) == ("OK", 2)

    plugin.ping()
    deadline = time.monotonic() + SECONDS
    while plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] != "OK":
        assert time.monotonic() < deadline, "queries are refused though the hung ones came back"
        time.sleep(0.5)
    assert plugin.call("CheckHealth", health(), seconds=SECONDS)["reply"]["status"] == "OK"


def test_a_burst_of_slow_calls_is_served_to_the_last(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    plugin.call("QueryData", query_data())

    calls = [plugin.send("QueryData", ask("hang", seconds=4)) for _ in range(600)]

    assert {call.result(60)["code"] for call in calls} == {"OK"}


@pytest.mark.parametrize(
    ("method", "message"),
    [("QueryData", ask("hang")), ("CheckHealth", health(source(number=7, json_data={"hang": True})))],
    ids=["queries", "health"],
)
def test_a_process_in_which_no_thread_comes_free_ends(launch: Launch, method: str, message: Any) -> None:
    plugin = launch("hostile:Sync", env={"GF_PLUGIN_HANG_TIMEOUT": "13"})
    fill(plugin, method, message)
    plugin.send(method, message)

    assert plugin.exited(SECONDS)["exited"]
    assert plugin.exited()["exit_code"] == 1
    line = plugin.wait_log(
        lambda entry: entry["level"] == "error" and "no thread came free" in entry["message"]
    )
    assert "hostile.py" in line["message"]


def test_the_limit_can_be_switched_off(launch: Launch) -> None:
    plugin = launch("hostile:Sync", env={"GF_PLUGIN_HANG_TIMEOUT": "0"})
    fill(plugin, "QueryData", ask("hang"))
    plugin.send("QueryData", query_data())

    assert not plugin.exited(16)["exited"]


def test_slow_loading_is_named(launch: Launch) -> None:
    plugin = launch("noisy_import:Noisy", env={"GF_PLUGIN_CONFORMANCE_IMPORT_SECONDS": "15"})

    answer = plugin.call("QueryData", query_data(), seconds=SECONDS)

    assert answer["code"] == "OK"
    line = plugin.wait_log(lambda entry: "has been loading" in entry["message"])
    assert (line["level"], "noisy_import.py" in line["message"]) == ("warn", True)
