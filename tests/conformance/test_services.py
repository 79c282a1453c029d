"""Items 65 to 65e: resources, health, metrics, streams, admission and conversion."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import (
    PLUGIN_ID,
    Message,
    b64,
    channel,
    context,
    health,
    query_data,
    resource,
    source,
    unb64,
)


def parts(answer: Answer) -> list[Message]:
    assert answer["code"] == "OK", answer
    return [event["reply"] for event in answer["events"]]


def http(
    plugin: Plugin, path: str, method: str = "GET", **fields: Any
) -> tuple[int, dict[str, list[str]], bytes]:
    """Return status, headers and the whole body of a resource request."""
    replies = parts(plugin.call("CallResource", resource(path, method, **fields)))
    headers = {name.lower(): values["values"] for name, values in replies[0]["headers"].items()}
    return replies[0]["code"], headers, b"".join(unb64(reply["body"]) for reply in replies)


def test_065_a_resource_answers_as_in_go(full: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (http(plugin, "stations") for plugin in (full, go_plugin))

    assert ours[0] == theirs[0] == 200
    assert ours[1]["content-type"] == theirs[1]["content-type"] == ["application/json"]
    assert json.loads(ours[2]) == json.loads(theirs[2]) == ["berlin", "oslo"]


def test_065_method_query_headers_and_body_arrive(full: Plugin, go_plugin: Plugin) -> None:
    fields = {"body": b64("hello"), "headers": {"X-Asked": {"values": ["yes"]}}}

    ours, theirs = (http(plugin, "echo?a=1&b=2", "POST", **fields) for plugin in (full, go_plugin))

    assert ours[0] == theirs[0] == 418
    assert ours[1]["x-many"] == theirs[1]["x-many"] == ["one", "two"]
    assert json.loads(ours[2]) == json.loads(theirs[2])


def test_065_status_and_headers_come_first_then_bodies(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        replies = parts(plugin.call("CallResource", resource("stream")))
        assert b"".join(unb64(reply["body"]) for reply in replies) == b"one two three"
        assert replies[0]["code"] == 200
        assert len(replies) >= 3
        assert all(not reply["headers"] for reply in replies[1:])


def test_065_placeholders_and_parameters_are_arguments(full: Plugin) -> None:
    assert json.loads(http(full, "station/oslo?limit=3")[2]) == {"name": "oslo", "limit": 3}
    assert http(full, "station/oslo?limit=many")[0] == 400


def test_065_a_status_is_never_zero(full: Plugin) -> None:
    assert 100 <= http(full, "odd-status")[0] <= 999
    assert 100 <= http(full, "empty")[0] <= 999


def test_065_hop_by_hop_headers_stay_out(full: Plugin) -> None:
    headers = http(full, "hop")[1]

    assert headers["x-kept"] == ["yes"]
    assert "connection" not in headers
    assert "transfer-encoding" not in headers


def test_065_unknown_paths_and_methods_are_refused(full: Plugin, go_plugin: Plugin) -> None:
    assert http(full, "nowhere")[0] == http(go_plugin, "nowhere")[0] == 404
    assert http(full, "stations", "POST")[0] == http(go_plugin, "stations", "POST")[0] == 405
    assert http(full, "refuse")[0] == 403


def test_065_an_asgi_application_serves_resources(mounted: Plugin) -> None:
    code, headers, body = http(mounted, "some/path?q=1", "PUT", body=b64("in"))

    assert (code, headers["content-type"], body) == (201, ["text/plain"], b"PUT /some/path?q=1 in")


def test_065_async_handlers_serve_resources(asynchronous: Plugin) -> None:
    assert json.loads(http(asynchronous, "stations")[2]) == ["berlin", "oslo"]


def checked(plugin: Plugin, **json_data: Any) -> Message:
    number = 650 + sum(map(ord, str(json_data)))  # each kind of settings is a data source of its own
    answer = plugin.call("CheckHealth", health(source(json_data=json_data, number=number)))
    assert answer["code"] == "OK"
    reply: Message = answer["reply"]
    return reply


@pytest.mark.parametrize("kind", ["", "error", "unknown"])
def test_065b_status_message_and_details_are_those_of_go(full: Plugin, go_plugin: Plugin, kind: str) -> None:
    ours, theirs = (checked(plugin, health=kind) for plugin in (full, go_plugin))

    assert (ours["status"], ours["message"]) == (theirs["status"], theirs["message"])
    assert unb64(ours["jsonDetails"]).replace(b" ", b"") == unb64(theirs["jsonDetails"])


def test_065b_details_are_an_object_or_nothing(full: Plugin) -> None:
    details = unb64(checked(full, health="bad-details")["jsonDetails"])

    assert details == b"" or isinstance(json.loads(details), dict)


def test_065b_a_check_that_raises_is_an_answer_with_its_reason(full: Plugin) -> None:
    reply = checked(full, health="raise")

    assert reply["status"] == "ERROR"
    assert "health failed" in reply["message"]


def test_065b_async_checks_answer(asynchronous: Plugin) -> None:
    assert checked(asynchronous)["message"] == "all well, asynchronously"


GO_NAMES = (
    "grafana_plugin_request_total",
    "grpc_server_started_total",
    "grpc_server_handled_total",
    "grpc_server_handling_seconds_bucket",
    "grpc_server_msg_received_total",
    "grpc_server_msg_sent_total",
    "plugins_active_instances",
    "plugins_datasource_instances_total",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
)
METRICS = {"pluginContext": {"pluginId": PLUGIN_ID}}


def metrics(plugin: Plugin) -> str:
    answer = plugin.call("CollectMetrics", METRICS)
    assert answer["code"] == "OK", answer
    return unb64(answer["reply"]["metrics"]["prometheus"]).decode()


@pytest.mark.parametrize("name", GO_NAMES)
def test_065c_go_and_ours_have_the_metric(full: Plugin, go_plugin: Plugin, name: str) -> None:
    for plugin in (full, go_plugin):
        plugin.call("QueryData", query_data())
        assert re.search(rf"^{name}[{{ ]", metrics(plugin), re.MULTILINE), plugin


def test_065c_requests_are_counted_by_endpoint_and_status(full: Plugin) -> None:
    def count() -> float:
        wanted = (
            r'^grafana_plugin_request_total\{endpoint="queryData",status="ok",status_source="plugin"\} (\S+)'
        )
        found = re.search(wanted, metrics(full), re.MULTILINE)
        return float(found[1]) if found else 0.0

    before = count()
    full.call("QueryData", query_data())
    deadline = time.monotonic() + 5
    while count() < before + 1 and time.monotonic() < deadline:
        time.sleep(0.02)

    assert count() == before + 1


def test_065c_pythons_and_the_authors_own_metrics_are_there(full: Plugin) -> None:
    text = metrics(full)

    assert "python_info" in text
    assert "conformance_own 42" in text


@pytest.mark.parametrize("path", ["any", "forbidden", "missing", "initial"])
def test_065d_subscriptions_are_those_of_go(full: Plugin, go_plugin: Plugin, path: str) -> None:
    ours, theirs = (plugin.call("SubscribeStream", channel(path)) for plugin in (full, go_plugin))

    assert ours["reply"]["status"] == theirs["reply"]["status"]
    mine, other = (unb64(answer["reply"]["data"]) for answer in (ours, theirs))
    assert (json.loads(mine) if mine else None) == (json.loads(other) if other else None)


def packets(plugin: Plugin, path: str, **options: Any) -> list[Any]:
    answer = plugin.call("RunStream", channel(path, {"count": 3}), **options)
    return [json.loads(unb64(event["reply"]["data"])) for event in answer["events"]]


@pytest.mark.parametrize("path", ["ticks", "frames"])
def test_065d_packets_are_those_of_go(full: Plugin, go_plugin: Plugin, path: str) -> None:
    ours, theirs = (packets(plugin, path) for plugin in (full, go_plugin))

    assert ours == theirs
    assert len(ours) == 3


def test_065d_a_finished_stream_ends_without_error_and_a_failed_one_with(
    full: Plugin, go_plugin: Plugin
) -> None:
    for plugin in (full, go_plugin):
        assert plugin.call("RunStream", channel("x", {"count": 1}))["code"] == "OK"
        failed = plugin.call("RunStream", channel("error"))
        assert failed["code"] == "Unknown"
        assert "stream failed" in failed["message"]


def test_065d_a_packet_that_is_no_json_never_leaves(full: Plugin) -> None:
    answer = full.call("RunStream", channel("text"))

    assert answer["code"] == "Unknown"
    assert answer["events"] == []


@pytest.mark.parametrize(("fixture", "path"), [("full", "long"), ("asynchronous", "ticks/oslo")])
def test_065d_cancellation_closes_the_channel(
    request: pytest.FixtureRequest, fixture: str, path: str
) -> None:
    plugin: Plugin = request.getfixturevalue(fixture)
    plugin.mark()
    stream = plugin.send("RunStream", channel(path))
    for _ in range(3):
        stream.next_event()

    stream.cancel()

    assert stream.result()["code"] == "Canceled"
    plugin.wait_log(lambda entry: entry["message"] in ("stream ended", "channel closed"), 5)


def test_065d_decorated_channels_are_found_by_path(asynchronous: Plugin) -> None:
    assert asynchronous.call("SubscribeStream", channel("ticks/oslo"))["reply"]["status"] == "OK"
    assert asynchronous.call("SubscribeStream", channel("elsewhere"))["reply"]["status"] == "NOT_FOUND"
    first, second, _ = packets(asynchronous, "frames")
    assert "schema" in first
    assert "schema" not in second


@pytest.mark.parametrize("path", ["any", "forbidden", "swallow"])
def test_065d_publications_are_those_of_go(full: Plugin, go_plugin: Plugin, path: str) -> None:
    ours, theirs = (
        plugin.call("PublishStream", channel(path, {"said": "hello"})) for plugin in (full, go_plugin)
    )

    assert ours["reply"] == theirs["reply"]


KIND = {"group": "acme", "version": "v1", "kind": "Settings"}


@pytest.mark.parametrize("method", ["ValidateAdmission", "MutateAdmission"])
@pytest.mark.parametrize("body", ["", '{"a":1}'])
def test_065e_admission_is_that_of_go(full: Plugin, go_plugin: Plugin, method: str, body: str) -> None:
    request = {"pluginContext": context(), "operation": "UPDATE", "kind": KIND, "objectBytes": b64(body)}

    ours, theirs = (plugin.call(method, request) for plugin in (full, go_plugin))

    assert ours["code"] == theirs["code"] == "OK"
    assert ours["reply"] == theirs["reply"]


def test_065e_conversion_keeps_the_uid(full: Plugin, go_plugin: Plugin) -> None:
    request = {
        "pluginContext": context(),
        "uid": "call-7",
        "objects": [{"raw": b64("{}"), "contentType": "application/json"}],
        "targetVersion": {"group": "acme", "version": "v2"},
    }

    ours, theirs = (plugin.call("ConvertObjects", request) for plugin in (full, go_plugin))

    assert ours["reply"] == theirs["reply"]
    assert ours["reply"]["uid"] == "call-7"
