"""Whatever an async handler raises, or does to its event loop, each call is answered and later ones are served."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import Message, channel, health, one_query, query_data, resource, source

SECONDS = 15
"""How long a call may take; one that is never answered takes for ever."""

RAISED = (
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "CancelledError",
    "BaseException",
    "BaseExceptionGroup",
    "StopIteration",
    "StopAsyncIteration",
    "MemoryError",
    "RecursionError",
)
DONE_TO_THE_LOOP = (
    "stop",
    "close",
    "task-exit",
    "callback-exit",
    "group",
    "set_event_loop",
    "cancel-all",
    "run",
)


def _number(how: str) -> int:
    """Return the number of a data source of its own."""
    return 3_000 + (*RAISED, *DONE_TO_THE_LOOP).index(how) if how != "well" else 2_999


PLACES: dict[str, Callable[[str], tuple[str, Message]]] = {
    "query": lambda how: ("QueryData", query_data(one_query({"how": how}))),
    "chunked": lambda how: ("QueryChunkedData", query_data(one_query({"how": how}))),
    "health": lambda how: ("CheckHealth", health(source(json_data={"health": how}, number=_number(how)))),
    "resource": lambda how: ("CallResource", resource(f"how/{how}")),
    "streamed resource": lambda how: ("CallResource", resource(f"parts/{how}")),
    "channel": lambda how: ("RunStream", channel(f"how/{how}")),
}


@pytest.fixture(scope="module")
def asynchronous(launch_shared: Launch) -> Plugin:
    return launch_shared("hostile:Loop")


@pytest.fixture(scope="module")
def synchronous(launch_shared: Launch) -> Plugin:
    return launch_shared("hostile:Sync")


def is_failure(answer: Answer) -> bool:
    """Return True if the caller reads that the call failed."""
    text = json.dumps(answer)
    if any(event["reply"].get("code", 200) >= 400 for event in answer["events"]):
        return True
    return answer["code"] != "OK" or '"ERROR"' in text or '"error": "' in text or '"error":"' in text


def served(plugin: Plugin) -> None:
    """All kinds of calls are answered after what was done to the plugin."""
    assert plugin.call("QueryData", query_data(), seconds=SECONDS)["responses"]["A"]["status"] == 200
    assert plugin.call("CheckHealth", health(), seconds=SECONDS)["reply"]["status"] == "OK"
    stream = plugin.call("RunStream", channel("how/well"), seconds=SECONDS)
    assert [stream["code"], len(stream["events"])] == ["OK", 2]


@pytest.mark.parametrize("how", RAISED)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["asynchronous", "synchronous"])
def test_a_handler_that_raises_anything_is_answered(
    request: pytest.FixtureRequest, kind: str, place: str, how: str
) -> None:
    plugin: Plugin = request.getfixturevalue(kind)
    method, message = PLACES[place](how)

    answer = plugin.call(method, message, seconds=SECONDS)

    assert is_failure(answer), answer
    served(plugin)


@pytest.mark.parametrize("how", DONE_TO_THE_LOOP)
@pytest.mark.parametrize("place", PLACES)
def test_a_loop_that_is_stopped_goes_on(asynchronous: Plugin, place: str, how: str) -> None:
    method, message = PLACES[place](how)

    asynchronous.call(method, message, seconds=SECONDS)

    served(asynchronous)


@pytest.mark.parametrize("kind", ["Loop", "Sync"])
@pytest.mark.parametrize("how", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "BaseException"])
def test_a_factory_that_raises_anything_is_answered(
    asynchronous: Plugin, synchronous: Plugin, kind: str, how: str
) -> None:
    plugin = asynchronous if kind == "Loop" else synchronous
    ds = source(json_data={"init": how}, number=2000 + len(how))

    for method, message in (
        ("QueryData", query_data(ds=ds)),
        ("CheckHealth", health(ds)),
        ("CallResource", resource("how/well", ds=ds)),
        ("RunStream", channel("how/well", ds=ds)),
    ):
        assert is_failure(plugin.call(method, message, seconds=SECONDS)), method
    served(plugin)


@pytest.mark.parametrize("kind", ["Loop", "Sync"])
@pytest.mark.parametrize("how", ["SystemExit", "GeneratorExit", "BaseException"])
def test_a_dispose_that_raises_anything_ends_nothing(launch: Launch, kind: str, how: str) -> None:
    plugin = launch(f"hostile:{kind}")
    plugin.call("QueryData", query_data(ds=source(json_data={"dispose": how})))

    plugin.call("QueryData", query_data(ds=source(updated=2_000)), seconds=SECONDS)

    plugin.wait_log(lambda entry: entry["message"] == "dispose failed", 10)
    served(plugin)


@pytest.mark.parametrize("how", ["stop-and-close", "close-while-running", "close-half", "kill-selector"])
def test_a_dead_loop_ends_the_process_with_a_line(launch: Launch, how: str) -> None:
    plugin = launch("hostile:Loop", env={"GF_PLUGIN_HANG_TIMEOUT": "4"})
    plugin.call("QueryData", query_data())

    call = plugin.send("QueryData", query_data(one_query({"how": how})))

    assert plugin.exited(SECONDS)["exited"], how
    assert call.result(SECONDS)["code"] in ("OK", "Unavailable")  # perhaps before its loop was dead
    line = plugin.wait_log(lambda entry: "event loop" in entry["message"] and entry["level"] == "error")
    assert "Grafana restarts it" in line["message"]


def test_an_exit_of_the_process_from_an_async_handler_is_seen_by_grafana(launch: Launch) -> None:
    plugin = launch("hostile:Loop")

    answer = plugin.call("QueryData", query_data(one_query({"how": "os-exit"})), seconds=SECONDS)

    assert answer["code"] == "Unavailable"
    assert plugin.exited(SECONDS)["exit_code"] == 7


def test_finalizers_that_log_hang_nothing(synchronous: Plugin) -> None:
    calls = [
        synchronous.send("QueryData", query_data(one_query({"do": "finalizers", "count": 500})))
        for _ in range(4)
    ]

    assert {call.result(60)["code"] for call in calls} == {"OK"}
    served(synchronous)


def test_the_calls_beside_a_stopped_loop_are_answered(asynchronous: Plugin) -> None:
    calls: list[tuple[str, Message]] = [
        PLACES[place](how) for how in ("SystemExit", "stop", "callback-exit", "well") for place in PLACES
    ]
    sent = [asynchronous.send(method, message) for method, message in calls * 5]

    for call in sent:
        call.result(SECONDS)
    served(asynchronous)
