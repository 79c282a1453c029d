from __future__ import annotations

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from plugin_cli.dev.preview.bridge import Answer
from plugin_cli.dev.preview.queries import RequestError, parse_request
from plugin_cli.dev.preview.time_range import TimeError, parse_moment
from tests.dev.preview.conftest import KNOWN, Served
from tests.dev.preview.fake_bridge import FRAME

NOW = datetime(2026, 3, 31, 13, 45, 30, tzinfo=UTC)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-03-31T13:45:30+00:00"),
        ("now-6h", "2026-03-31T07:45:30+00:00"),
        ("now-1d-30m", "2026-03-30T13:15:30+00:00"),
        ("now-1M", "2026-02-28T13:45:30+00:00"),
        ("now+1y", "2027-03-31T13:45:30+00:00"),
        ("now/d", "2026-03-31T00:00:00+00:00"),
        ("now/w", "2026-03-30T00:00:00+00:00"),
        ("now-1M/M", "2026-02-01T00:00:00+00:00"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_a_moment_is_read_as_grafana_writes_it(text: str, expected: str) -> None:
    assert parse_moment(text, NOW) == ms(expected)


def test_the_end_of_a_rounded_range_is_the_units_last_millisecond() -> None:
    assert parse_moment("now/d", NOW, end=True) == ms("2026-04-01T00:00:00+00:00") - 1
    assert parse_moment("now-1M/M", NOW, end=True) == ms("2026-03-01T00:00:00+00:00") - 1


@pytest.mark.parametrize(
    "value", ["soon", "now-", "now-6x", "", None, True, [], "now-99999999y", "now-9999999999d"]
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(TimeError):
        parse_moment(value, NOW)


def test_a_request_becomes_queries_with_grafanas_defaults() -> None:
    body = {
        "from": "1000",
        "to": 2000,
        "queries": [{"refId": "A", "x": 1}, {"refId": "B", "maxDataPoints": 5.0}],
    }

    first, second = parse_request(json.dumps(body).encode(), "weather", NOW)

    assert (first.from_ms, first.to_ms, first.interval_ms, first.max_data_points) == (1000, 2000, 1000, 100)
    assert json.loads(first.json) == {"refId": "A", "x": 1}
    assert (second.ref_id, second.max_data_points) == ("B", 5)


def test_a_query_may_have_a_time_range_of_its_own() -> None:
    own = {"refId": "A", "timeRange": {"from": "now-1h", "to": "now"}}

    (query,) = parse_request(json.dumps({"from": "1", "to": "2", "queries": [own]}).encode(), "weather", NOW)

    assert query.to_ms - query.from_ms == 3_600_000


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("nonsense", "cannot be read"),
        ("[" * 100_000, "nested deeper"),
        ('{"queries": [{"refId": "A", "x": ' + "[" * 5000 + "]" * 5000 + "}]}", "nested deeper"),
        ('{"queries": [{"refId": "\\ud800"}]}', "half of a surrogate pair"),
        ('{"queries": [{"refId": "A", "x": NaN}]}', "NaN is not a JSON number"),
        ('{"queries": [{"refId": "A", "x": -1e400}]}', "-1e400 is too large a number"),
        ('{"from": 1e400, "queries": [{"refId": "A"}]}', "1e400 is too large a number"),
        ('{"from": 1e300, "queries": [{"refId": "A"}]}', "invalid time 1e+300"),
        ('{"from": -9223372036854775809, "queries": [{"refId": "A"}]}', "invalid time -9223372036854775809"),
        ('{"from": "' + "9" * 9999 + '", "queries": [{"refId": "A"}]}', "invalid time '99999"),
        ('{"from": "now-' + "9" * 5000 + 's", "queries": [{"refId": "A"}]}', "outside the calendar"),
        ('{"from": true, "queries": [{"refId": "A"}]}', "invalid time True"),
        ('{"from": [], "queries": [{"refId": "A"}]}', "invalid time []"),
        ("[]", "expected"),
        ('{"queries": []}', "no queries found"),
        ('{"queries": [3]}', "a query is an object, found int"),
        ('{"queries": [{"refId": "A"}, {"refId": "A"}]}', "two queries have the refId 'A'"),
        (
            '{"queries": [{"refId": "A", "datasource": {"uid": "prometheus"}}]}',
            "this preview has 'weather' only",
        ),
        ('{"from": "soon", "queries": [{"refId": "A"}]}', "invalid time 'soon'"),
    ],
)
def test_what_cannot_be_understood_is_400_with_a_sentence(served: Served, body: str, sentence: str) -> None:
    with pytest.raises(RequestError):
        parse_request(body.encode(), "weather", NOW)

    answer = served.http.post("/api/ds/query", content=body)

    assert answer.status_code == 400
    assert sentence in answer.json()["message"]


def test_frames_come_back_by_ref_id(served: Served) -> None:
    served.bridge.answers = {"A": Answer(200, [json.dumps(FRAME)])}

    answer = served.http.post("/api/ds/query", json={"queries": [{"refId": "A"}, {"refId": "B"}]})

    assert answer.status_code == 200
    assert answer.json() == {
        "results": {"A": {"status": 200, "frames": [FRAME]}, "B": {"status": 200, "frames": []}}
    }


def test_one_failed_query_makes_400_and_leaves_the_others(served: Served) -> None:
    served.bridge.answers = {
        "A": Answer(200, [json.dumps(FRAME)]),
        "B": Answer(502, error="down", error_source="downstream"),
    }

    answer = served.http.post("/api/ds/query", json={"queries": [{"refId": "A"}, {"refId": "B"}]})

    assert answer.status_code == 400
    assert answer.json()["results"]["A"] == {"status": 200, "frames": [FRAME]}
    assert answer.json()["results"]["B"] == {"status": 502, "error": "down", "errorSource": "downstream"}


def test_a_request_over_16_mib_is_refused(served: Served) -> None:
    answer = served.http.post("/api/ds/query", content=b" " * (16 * 1024 * 1024 + 1))

    assert answer.status_code == 413
    assert "16 MiB" in answer.json()["message"]


def test_a_browser_that_goes_away_cancels_its_query(served: Served) -> None:
    served.bridge.hanging = True

    with contextlib.suppress(httpx.TimeoutException):
        served.http.post("/api/ds/query", json={"queries": [{"refId": "A"}]}, timeout=0.2)

    assert served.bridge.cancelled.wait(10)


def test_health_answers_while_a_hundred_queries_hang(served: Served) -> None:
    served.bridge.hanging = True

    def ask(_: int) -> int:
        url, body = f"{served.http.base_url}/api/ds/query", {"queries": [{"refId": "A"}]}
        return httpx.post(url, json=body, headers=KNOWN, timeout=30).status_code

    with ThreadPoolExecutor(100) as threads:
        asked = [threads.submit(ask, number) for number in range(100)]
        health = served.http.get("/api/datasources/uid/weather/health")
        served.bridge.hang.set()

        assert health.status_code == 200
        assert {future.result() for future in asked} == {200}
