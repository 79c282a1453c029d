from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from plugin_sdk.context import PluginContext
from plugin_sdk.messages import (
    CallResourceRequest,
    CallResourceResponse,
    CheckHealthRequest,
    CheckHealthResult,
    DataQuery,
    Headers,
    HealthStatus,
    TimeRange,
    canonical,
    json_bytes,
)

RAW = {
    "http_X-Grafana-User": "anna",
    "Authorization": "Bearer t",
    "http_Cookie": "c=1",
    "Cookie": "other",
    "FromAlert": "true",
}


def test_headers_are_found_with_any_case_and_prefix() -> None:
    headers = Headers(RAW)

    assert headers["x-grafana-user"] == headers["X-GRAFANA-USER"] == "anna"
    assert headers["authorization"] == "Bearer t"
    assert headers["cookie"] == "c=1"  # a forwarded header takes precedence
    assert headers.get("fromalert") == "true"
    assert "x-unknown" not in headers
    assert sorted(headers) == ["authorization", "cookie", "fromalert", "x-grafana-user"]
    assert len(headers) == 4
    assert headers.raw is RAW


def test_only_http_headers_credentials_and_the_mark_of_alerts_are_forwarded() -> None:
    assert Headers(RAW).forwarded() == {
        "X-Grafana-User": "anna",
        "Authorization": "Bearer t",
        "Cookie": "c=1",
        "Fromalert": "true",
    }
    assert Headers({"X-Other": "1"}).forwarded() == {}
    assert Headers().forwarded() == {}


def test_headers_never_show_their_values() -> None:
    assert "Bearer" not in repr(Headers(RAW))
    assert "authorization" in repr(Headers(RAW))
    assert "Bearer" not in repr(CheckHealthRequest(PluginContext(), Headers(RAW)))


def test_header_names_have_a_canonical_form() -> None:
    assert canonical("x-id-TOKEN") == "X-Id-Token"


def test_a_time_range_is_milliseconds_and_aware_datetimes() -> None:
    span = TimeRange(1_500, 3_000)

    assert span.from_ == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert span.to == datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert span.duration == timedelta(seconds=1.5)
    assert TimeRange(-86_400_000, 0).from_ == datetime(1969, 12, 31, tzinfo=UTC)
    with pytest.raises(OverflowError):
        _ = TimeRange(0, 2**62).to


def test_a_query_can_be_created_by_hand_for_a_test() -> None:
    query = DataQuery("A", {"station": "berlin"}, interval_ms=1_500)

    assert query.interval == timedelta(seconds=1.5)
    assert query.cancelled is False


def test_a_health_result_is_created_by_its_outcome() -> None:
    assert CheckHealthResult.ok("fine") == CheckHealthResult(HealthStatus.OK, "fine", None)
    assert CheckHealthResult.error("bad", code=3) == CheckHealthResult(HealthStatus.ERROR, "bad", {"code": 3})


def test_a_resource_request_reads_its_url_headers_and_body() -> None:
    request = CallResourceRequest(
        PluginContext(), "a", "POST", "a?x=1&x=2&empty=&q=a%20b", {"Accept": ["a", "b"]}, b'{"k": 1}'
    )

    assert request.query_string == "x=1&x=2&empty=&q=a%20b"
    assert request.params == {"x": "2", "empty": "", "q": "a b"}
    assert request.headers["accept"] == "a, b"
    assert request.json() == {"k": 1}
    assert request.cancelled is False
    with pytest.raises(ValueError, match="Expecting value"):
        CallResourceRequest(PluginContext(), "a").json()


def test_a_json_response_has_its_content_type() -> None:
    response = CallResourceResponse.of_json({"a": "é"}, 201)

    assert response == CallResourceResponse(201, '{"a": "é"}'.encode(), {"Content-Type": "application/json"})


def test_a_generator_inside_json_is_a_list() -> None:
    assert json.loads(json_bytes({"a": (number for number in range(2))})) == {"a": [0, 1]}


@pytest.mark.parametrize("kind", [int, TimeRange])
def test_a_class_is_not_a_json_value(kind: type) -> None:
    with pytest.raises(ValueError, match=r"b: type <class .* has no JSON; was it meant to be called"):
        json_bytes({"b": kind})
    assert json.loads(json_bytes(TimeRange(1, 2))) == {"from_ms": 1, "to_ms": 2}


def test_an_iterator_is_read_once() -> None:
    value = {"a": iter([1, 2]), "b": {date(2026, 1, 1): 3}}

    assert json.loads(json_bytes(value)) == {"a": [1, 2], "b": {"2026-01-01": 3}}


def test_parameters_keep_every_value() -> None:
    request = CallResourceRequest(PluginContext(), "a", url="a?tag=a&tag=b&x=")

    assert (request.params, request.params["tag"]) == ({"tag": "b", "x": ""}, "b")
    assert request.params.getlist("tag") == ["a", "b"]
    assert request.params.getlist("none") == []
    assert request.params.multi_items() == [("tag", "a"), ("tag", "b"), ("x", "")]
