"""A blocking call in an async handler is named with its line; the others go on when it does."""

from __future__ import annotations

import time

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import Message, channel, health, one_query, query_data, resource, source

SECONDS = 30
BLOCK_MS = 4_000

PLACES: dict[str, tuple[str, Message, str]] = {
    "query": ("QueryData", query_data(one_query({"block_ms": BLOCK_MS})), "Loop.query"),
    "resource": ("CallResource", resource(f"how/well?block_ms={BLOCK_MS}"), "Loop.how"),
    "health": (
        "CheckHealth",
        health(source(number=7, json_data={"block_ms": BLOCK_MS})),
        "Loop.check_health",
    ),
    "channel": ("RunStream", channel(f"how/block-{BLOCK_MS}"), "Loop.channel"),
}


def blocking(plugin: Plugin) -> list[Answer]:
    return [entry for entry in plugin.new_logs() if "blocks the event loop" in entry["message"]]


@pytest.mark.parametrize("place", PLACES)
def test_a_handler_that_blocks_the_loop_is_named_once_with_its_line(launch: Launch, place: str) -> None:
    plugin = launch("hostile:Loop")
    plugin.call("QueryData", query_data())
    plugin.mark()
    method, message, handler = PLACES[place]

    answer = plugin.call(method, message, seconds=SECONDS)

    assert answer["code"] == "OK"
    line = plugin.wait_log(lambda entry: "blocks the event loop" in entry["message"])
    assert line["level"] == "warn"
    assert line["fields"]["handler"] == handler
    assert line["fields"]["code"] == "time.sleep(ms / 1000)"
    assert "hostile.py, line " in line["message"]
    time.sleep(1.5)
    assert len(blocking(plugin)) == 1


def test_a_dispose_that_blocks_is_named_too(launch: Launch) -> None:
    plugin = launch("hostile:Loop")
    plugin.call("QueryData", query_data(ds=source(json_data={"dispose_block_ms": BLOCK_MS})))

    plugin.call("QueryData", query_data(ds=source(updated=2_000)))

    line = plugin.wait_log(lambda entry: "blocks the event loop" in entry["message"], 20)
    assert line["fields"]["handler"] == "Loop.dispose"


def test_each_time_it_blocks_anew_is_named(launch: Launch) -> None:
    plugin = launch("hostile:Loop")
    for _ in range(2):
        plugin.call("QueryData", query_data(one_query({"block_ms": BLOCK_MS})), seconds=SECONDS)
        time.sleep(2.5)

    assert len(blocking(plugin)) == 2


def test_a_busy_loop_that_goes_on_is_not_named(launch: Launch) -> None:
    plugin = launch("hostile:Loop")
    end = time.monotonic() + 6
    while time.monotonic() < end:
        calls = [plugin.send("QueryData", query_data(one_query({"block_ms": 20}))) for _ in range(20)]
        for call in calls:
            assert call.result(SECONDS)["code"] == "OK"

    assert blocking(plugin) == []


def test_a_loop_that_stays_blocked_ends_the_process(launch: Launch) -> None:
    plugin = launch("hostile:Loop", env={"GF_PLUGIN_HANG_TIMEOUT": "4"})

    plugin.send("QueryData", query_data(one_query({"block_ms": 3_600_000})))

    assert plugin.exited(SECONDS)["exited"]
    line = plugin.wait_log(lambda entry: "the event loop has been blocked" in entry["message"])
    assert "hostile.py" in line["message"]
