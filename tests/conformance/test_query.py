"""Items 43 to 57: QueryData and QueryChunkedData, errors, statuses, instances that fail, limits."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import (
    FROM_MS,
    TO_MS,
    Message,
    ask,
    b64,
    context,
    echoed,
    health,
    one_query,
    query_data,
    resource,
    source,
    values,
)


def wire(answer: Answer, ref_id: str = "A") -> Message:
    found: Message = answer["responses"][ref_id]["wire"]
    return found


def outcome(plugin: Plugin, request: Message, ref_id: str = "A") -> tuple[Any, ...]:
    """Return status, source and text of one answer as they were on the wire."""
    response = wire(plugin.call("QueryData", request), ref_id)
    return response["status"], response["error_source"], response["error"]


def test_043_success_is_an_explicit_200(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert outcome(plugin, query_data()) == (200, "", "")


@pytest.mark.parametrize("status", [0, 99, 600, -1])
def test_043_a_status_that_is_none_becomes_500(full: Plugin, status: int) -> None:
    assert outcome(full, ask("error", text="t", status=status))[0] == 500


def test_044_an_error_leaves_the_other_answers_alone(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(
        one_query(), one_query({"do": "plugin", "text": "bad B"}, "B"), one_query(ref_id="C")
    )

    for plugin in (full, go_plugin):
        answer = plugin.call("QueryData", request)
        assert [answer["responses"][ref]["status"] for ref in "AC"] == [200, 200]
        assert (wire(answer, "B")["error"], wire(answer, "B")["error_source"]) == ("bad B", "plugin")
        assert values(answer["responses"]["C"], "value") == [0, 1, 2]


def test_044_an_error_is_never_empty(full: Plugin) -> None:
    assert outcome(full, ask("silent-error"))[2] == "ValueError"


def test_044_an_error_is_valid_unicode(full: Plugin) -> None:
    assert outcome(full, ask("surrogate-error"))[2] == "lone surrogate ? here"


def test_045_grafana_can_map_the_codes(empty: Plugin, full: Plugin, launch: Launch) -> None:
    assert empty.call("ConvertObjects", {"pluginContext": context()})["code"] == "Unimplemented"
    assert full.call("QueryData", ask("size"), pad=17 * 1024 * 1024)["code"] == "ResourceExhausted"
    crashing = launch("full:Full")
    assert crashing.call("QueryData", ask("die"))["code"] == "Unavailable"
    waiting = full.send("QueryData", ask("wait", ms=5000))
    time.sleep(0.3)
    waiting.cancel()
    assert waiting.result()["code"] == "Canceled"


@pytest.mark.parametrize("kind", ["request-downstream", "request-plugin"])
def test_046_a_failed_request_carries_its_source_as_in_go(
    whole: Plugin, go_plugin: Plugin, kind: str
) -> None:
    ours, theirs = (plugin.call("QueryData", ask(kind, text="no luck")) for plugin in (whole, go_plugin))

    for key in ("code", "message", "details", "error_source"):
        assert ours[key] == theirs[key], key
    assert ours["error_source"] == kind.removeprefix("request-")


def test_046_any_other_exception_is_unknown(whole: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (
        plugin.call("QueryData", ask("request-error", text="no luck")) for plugin in (whole, go_plugin)
    )

    assert ours["code"] == theirs["code"] == "Unknown"
    assert "no luck" in ours["message"]
    assert ours["details"] == theirs["details"] == []


@pytest.mark.parametrize(
    "model",
    [
        {"do": "error", "text": "t"},
        {"do": "error", "text": "t", "status": 404},
        {"do": "downstream", "text": "t"},
        {"do": "downstream", "text": "t", "status": 502},
        {"do": "plugin", "text": "t"},
        {"do": "plugin", "text": "t", "status": 400},
    ],
    ids=str,
)
def test_047_source_and_status_by_default_are_those_of_go(
    full: Plugin, go_plugin: Plugin, model: Message
) -> None:
    assert outcome(full, query_data(one_query(model))) == outcome(go_plugin, query_data(one_query(model)))


@pytest.mark.parametrize(
    ("name", "status", "source_"),
    [
        ("TimeoutError", 504, "downstream"),
        ("PermissionError", 401, "plugin"),
        ("ConnectionRefusedError", 502, "downstream"),
        ("ConnectionResetError", 502, "downstream"),
        ("KeyError", 500, "plugin"),
        ("CancelledError", 500, "downstream"),
    ],
)
def test_047_exceptions_of_python_are_classified(full: Plugin, name: str, status: int, source_: str) -> None:
    assert outcome(full, ask("raise", name=name))[:2] == (status, source_)


def test_047_the_cause_of_an_exception_counts(full: Plugin) -> None:
    assert outcome(full, ask("chained"))[:2] == (504, "downstream")


def test_048_a_missing_answer_is_filled_and_logged(whole: Plugin) -> None:
    whole.mark()
    answer = whole.call("QueryData", ask("missing-ref"))

    assert answer["responses"]["A"]["status"] == 200
    assert answer["responses"]["A"]["frames"] == []
    logged = whole.wait_log(lambda entry: entry["level"] == "warn")
    assert logged["fields"]["refID"] == "A"


def test_049_a_frame_takes_the_refid_of_its_query(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(one_query(ref_id="my ref"))

    ours, theirs = (plugin.call("QueryData", request)["responses"]["my ref"] for plugin in (full, go_plugin))

    assert ours["frames"][0]["schema"]["refId"] == theirs["frames"][0]["schema"]["refId"] == "my ref"


def test_049_the_same_frame_decodes_to_the_same(full: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (plugin.call("QueryData", query_data())["responses"]["A"] for plugin in (full, go_plugin))

    assert ours["frames"] == theirs["frames"]


def test_050_none_for_a_request_is_an_error_as_in_go(whole: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (plugin.call("QueryData", ask("request-nil")) for plugin in (whole, go_plugin))

    assert ours["code"] == theirs["code"] == "Unknown"
    assert ours["message"] == theirs["message"]


def test_050_none_for_a_query_is_that_querys_error(full: Plugin) -> None:
    status, _, text = outcome(full, ask("nothing"))

    assert status == 500
    assert "None" in text


def test_051_many_queries_and_many_requests_are_answered(full: Plugin) -> None:
    refs = [f"q{index}" for index in range(25)]
    request = query_data(*[one_query({"do": "echo"}, ref) for ref in refs])

    calls = [full.send("QueryData", request) for _ in range(20)]

    for call in calls:
        answer = call.result()
        assert {ref: echoed(answer, ref)["ref"] for ref in answer["responses"]} == {ref: ref for ref in refs}


def test_052_the_query_arrives_whole(full: Plugin, go_plugin: Plugin) -> None:
    query = one_query(
        {"do": "echo", "datasource": {"uid": "x"}, "unknown": [1]},
        queryType="kind",
        maxDataPoints="9007199254740993",
    )

    ours, theirs = (echoed(plugin.call("QueryData", query_data(query))) for plugin in (full, go_plugin))

    for key in ("ref", "type", "points", "interval_ms", "from", "to"):
        assert ours[key] == theirs[key], key
    assert (ours["from"], ours["to"], ours["interval_ms"]) == (FROM_MS, TO_MS, 30_000)


def test_052_an_empty_query_is_one_of_defaults(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert outcome(plugin, query_data(one_query(b""))) == (200, "", "")


def test_052_malformed_json_fails_its_refid_alone(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(one_query(), one_query(b'{"do": ', "B"))

    # The user who saved the query can fix it, so here, unlike in Go, it is not an error of the plugin.
    for plugin, fault in ((full, "downstream"), (go_plugin, "plugin")):
        answer = plugin.call("QueryData", request)
        assert wire(answer, "A")["status"] == 200
        assert (wire(answer, "B")["status"], wire(answer, "B")["error_source"]) == (400, fault)


@pytest.mark.parametrize("kind", ["full", "asynchronous"])
def test_053_cancellation_reaches_the_handler_and_is_no_error(
    request: pytest.FixtureRequest, kind: str
) -> None:
    plugin: Plugin = request.getfixturevalue(kind)
    plugin.call("QueryData", query_data())
    plugin.mark()
    call = plugin.send("QueryData", ask("wait", ms=20_000))
    time.sleep(0.4)

    call.cancel()

    assert call.result()["code"] == "Canceled"
    plugin.wait_log(lambda entry: entry["message"] == "query cancelled by its caller")
    done = plugin.wait_log(
        lambda entry: (
            entry["message"] == "Plugin Request Completed" and entry["fields"]["status"] == "cancelled"
        )
    )
    assert done["level"] != "error"
    assert not [entry for entry in plugin.new_logs() if entry["level"] == "error"]


def test_053_a_deadline_ends_a_call_that_does_not_look(full: Plugin) -> None:
    assert full.call("QueryData", ask("sleep", ms=1500), timeout_ms=300)["code"] == "DeadlineExceeded"


def test_054_the_status_of_an_error_travels_with_its_refid(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(one_query(), one_query({"do": "downstream", "text": "gone", "status": 429}, "B"))

    for plugin in (full, go_plugin):
        answer = plugin.call("QueryData", request)
        assert (answer["responses"]["A"]["status"], answer["responses"]["B"]["status"]) == (200, 429)


def chunks(plugin: Plugin, request: Message) -> list[Message]:
    answer = plugin.call("QueryChunkedData", request)
    assert answer["code"] == "OK", answer
    return [
        event["reply"] | {"decoded": event.get("frame"), "bad": event.get("frame_error")}
        for event in answer["events"]
    ]


def test_055_chunks_carry_refid_frameid_and_rows(asynchronous: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (chunks(plugin, query_data()) for plugin in (asynchronous, go_plugin))

    assert len(ours) == len(theirs) == 2
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine["refId"], mine["status"], mine["error"]) == (
            other["refId"],
            other["status"],
            other["error"],
        )
        assert mine["frameId"]
        assert mine["decoded"]["data"] == other["decoded"]["data"]


def test_055_an_error_chunk_has_a_frame_that_decodes(asynchronous: Plugin) -> None:
    parts = chunks(asynchronous, query_data(one_query({"do": "error", "text": "no"}), one_query(ref_id="B")))

    failed = [part for part in parts if part["error"]]
    assert [(part["refId"], part["error"], part["status"]) for part in failed] == [("A", "no", 400)]
    assert failed[0]["bad"] is None
    assert [part["refId"] for part in parts if not part["error"]] == ["B", "B"]


def test_055_the_json_format_is_served_and_an_unknown_one_refused(
    full: Plugin, go_plugin: Plugin, versions: str
) -> None:
    if versions == "newest":
        ours, theirs = (
            plugin.call("QueryData", query_data(format="JSON"))["responses"]["A"]
            for plugin in (full, go_plugin)
        )
        assert ours["wire"]["format"] == theirs["wire"]["format"] == "JSON"
        assert ours["json_frames"] == theirs["json_frames"]
    assert full.raw("/pluginv2.Data/QueryData", b64(b"\x20\x07"))["code"] == "Unknown"


FAILING = {
    "downstream": source(json_data={"fail": "downstream"}, number=561),
    "plugin": source(json_data={"fail": "plugin"}, number=562),
    "other": source(json_data={"fail": "other"}, number=563),
}


@pytest.mark.parametrize("kind", ["downstream", "plugin"])
def test_056_a_factory_error_with_a_source_is_the_first_querys_error(
    full: Plugin, go_plugin: Plugin, kind: str
) -> None:
    ours, theirs = (plugin.call("QueryData", query_data(ds=FAILING[kind])) for plugin in (full, go_plugin))

    assert ours["code"] == theirs["code"] == "OK"
    assert wire(ours)["error_source"] == wire(theirs)["error_source"] == kind
    assert wire(ours)["status"] == wire(theirs)["status"]
    assert "factory failed" in wire(ours)["error"]


def test_056_any_other_factory_error_fails_the_request(full: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (plugin.call("QueryData", query_data(ds=FAILING["other"])) for plugin in (full, go_plugin))

    assert ours["code"] == theirs["code"] == "Unknown"
    assert "factory failed" in ours["message"]


def test_056_health_says_the_reason(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        answer = plugin.call("CheckHealth", health(FAILING["other"]))
        assert (answer["code"], answer["reply"]["status"]) == ("OK", "ERROR")
        assert "factory failed" in answer["reply"]["message"]


def test_056_other_calls_fail_and_the_next_try_starts_anew(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert (
            plugin.call("SubscribeStream", {"pluginContext": context(FAILING["other"]), "path": "x"})["code"]
            == "Unknown"
        )
        healed = source(number=563, updated=2_000)
        assert plugin.call("QueryData", query_data(ds=healed))["responses"]["A"]["status"] == 200


def test_057_fifteen_mebibytes_come_in(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        answer = plugin.call("QueryData", ask("size"), pad=15 * 1024 * 1024)
        assert answer["code"] == "OK"
    assert int(echoed(full.call("QueryData", ask("size"), pad=15 * 1024 * 1024))) > 15 * 1024 * 1024


def test_057_seventeen_mebibytes_are_refused_as_in_go(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert plugin.call("QueryData", ask("size"), pad=17 * 1024 * 1024)["code"] == "ResourceExhausted"
    assert full.call("CheckHealth", health())["code"] == "OK"


def test_057_sixty_five_mebibytes_go_out(full: Plugin) -> None:
    answer = full.call("QueryData", ask("big", bytes=65 * 1024 * 1024), brief=True)

    assert answer["code"] == "OK"
    assert answer["size"] > 65 * 1024 * 1024


def test_057_seventy_kilobytes_of_metadata_are_taken(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        answer = plugin.call("QueryData", query_data(), metadata={"x-large": "m" * 70_000})
        assert answer["code"] == "OK"


def test_057_resource_bodies_have_the_same_limit(full: Plugin) -> None:
    taken = full.call("CallResource", resource("echo", "POST"), pad=15 * 1024 * 1024, brief=True)
    refused = full.call("CallResource", resource("echo", "POST"), pad=17 * 1024 * 1024)

    assert (taken["code"], refused["code"]) == ("OK", "ResourceExhausted")
