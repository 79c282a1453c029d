"""What Python people return from checks, resources and streams, and what reaches Grafana."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import numpy as np
import pandas as pd
import polars as pl
import pytest
import requests

from plugin_sdk import CheckHealthResult, DataSource, HealthStatus, resource, stream
from plugin_sdk.client.client import ClientError
from plugin_sdk.data import Field, Frame
from plugin_sdk.messages import CallResourceResponse
from plugin_sdk.testing import in_process, settings

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OK, ERROR = HealthStatus.OK, HealthStatus.ERROR
RETURN = 'return CheckHealthResult.ok("...") or CheckHealthResult.error("...")'
STATUSES = "expected HealthStatus.UNKNOWN, HealthStatus.OK, HealthStatus.ERROR"


async def _late(value: Any) -> Any:
    return value


def answering(make: Callable[[], Any]) -> type:
    class Answering(DataSource[dict[str, Any], dict[str, Any]]):
        def check_health(self) -> Any:
            return make()

        @resource("GET", "/it")
        def it(self) -> Any:
            return make()

        @stream("it")
        def live(self) -> Any:
            return make()

    return Answering


CHECKS: dict[str, tuple[Callable[[], Any], HealthStatus, str]] = {
    "nothing": (lambda: None, ERROR, f"check_health returned None; {RETURN}"),
    "a flag": (lambda: True, ERROR, f"check_health returned bool; {RETURN}"),
    "a text": (lambda: "fine", ERROR, f"check_health returned str; {RETURN}"),
    "a pair": (lambda: (True, "fine"), ERROR, f"check_health returned tuple; {RETURN}"),
    "a dict": (lambda: {"status": "OK"}, ERROR, f"check_health returned dict; {RETURN}"),
    "a status alone": (lambda: HealthStatus.OK, ERROR, f"check_health returned HealthStatus; {RETURN}"),
    "a coroutine": (
        lambda: _late(CheckHealthResult.ok("fine")),
        ERROR,
        "check_health returned a coroutine; make it async, or await the call in it",
    ),
    "a status in words": (lambda: CheckHealthResult("ok", "fine"), OK, "fine"),  # type: ignore[arg-type]
    "a status as a number": (lambda: CheckHealthResult(1, "fine"), OK, "fine"),  # type: ignore[arg-type]
    "an unknown status": (
        lambda: CheckHealthResult("fine", ""),  # type: ignore[arg-type]
        ERROR,
        f"check_health returned the status 'fine'; {STATUSES}",
    ),
    "no status": (
        lambda: CheckHealthResult(None, ""),  # type: ignore[arg-type]
        ERROR,
        f"check_health returned the status None; {STATUSES}",
    ),
    "no message": (lambda: CheckHealthResult.ok(None), OK, ""),  # type: ignore[arg-type]
    "a number as message": (lambda: CheckHealthResult.ok(5), OK, "5"),  # type: ignore[arg-type]
    "bytes as message": (lambda: CheckHealthResult.ok(b"f"), OK, "f"),  # type: ignore[arg-type]
    "an exception as message": (
        lambda: CheckHealthResult.error(KeyError("x")),  # type: ignore[arg-type]
        ERROR,
        "KeyError: 'x'",
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_ends_with_a_status_and_a_sentence(name: str) -> None:
    make, status, message = CHECKS[name]

    with in_process(answering(make)) as client:
        result = client.check_health(settings())

    assert (result.status, result.message) == (status, message)


DETAILS: dict[str, tuple[dict[str, Any], Any]] = {
    "numbers of numpy": ({"n": np.int64(3)}, {"n": 3}),
    "a time": ({"at": NOON}, {"at": "2026-01-01T12:00:00+00:00"}),
    "a table": ({"t": pd.DataFrame({"a": [1]})}, {"t": [{"a": 1}]}),
    "an object": ({"o": object()}, None),
    "NaN": ({"v": float("nan")}, None),
}


@pytest.mark.parametrize("name", DETAILS)
def test_details_are_json_or_left_out(name: str) -> None:
    given, expected = DETAILS[name]

    with in_process(answering(lambda: CheckHealthResult(OK, "fine", given))) as client:
        result = client.check_health(settings())

    assert (result.message, result.details) == ("fine", expected)


def response(status: Any = 200, body: Any = b"x", headers: Any = ()) -> CallResourceResponse:
    return CallResourceResponse(status, body, headers)


def texts(*values: str) -> Iterator[str]:
    yield from values


HEADER = {"X": ["a"]}
CLIENT = "the handler returned the response of a client library; return response.json(), or CallResource"
RESPONSES: dict[str, tuple[Callable[[], Any], int, str, dict[str, list[str]]]] = {
    "a status of the library": (lambda: response(HTTPStatus.CREATED), 201, "x", {}),
    "a status as text": (
        lambda: response("200"),
        500,
        "the response has the status '200'; expected a number such as 200",
        {},
    ),
    "no status": (
        lambda: response(None),
        500,
        "the response has the status None; expected a number such as 200",
        {},
    ),
    "a text as body": (lambda: response(body="ü"), 200, "ü", {}),
    "a dict as body": (lambda: response(body={"a": np.int64(1)}), 200, '{"a": 1}', {}),
    "a bytearray as body": (lambda: response(body=bytearray(b"x")), 200, "x", {}),
    "half a surrogate pair as body": (lambda: response(body="\ud800"), 200, "?", {}),
    "half a surrogate pair in parts": (lambda: texts("a", "\ud800"), 200, "a?", {}),
    "no headers": (lambda: response(headers=None), 200, "x", {}),
    "headers as pairs": (lambda: response(headers=[("X", "a")]), 200, "x", HEADER),
    "headers of httpx": (lambda: response(headers=httpx.Headers({"X": "a"})), 200, "x", {"x": ["a"]}),
    "a number in a header": (lambda: response(headers={"X": 5}), 200, "x", {"X": ["5"]}),
    "numbers in a header": (lambda: response(headers={"X": [5, 6]}), 200, "x", {"X": ["5", "6"]}),
    "bytes in a header": (lambda: response(headers={b"X": b"a"}), 200, "x", HEADER),
    "nothing in a header": (lambda: response(headers={"X": None}), 200, "x", {}),
    "half a surrogate pair in a header": (lambda: response(headers={"X": "\ud800"}), 200, "x", {"X": ["?"]}),
    "a text for headers": (lambda: response(headers="X: a"), 500, "the response's headers are 'X: a'", {}),
    "a response of httpx": (lambda: httpx.Response(200), 500, CLIENT, {}),
    "a response of requests": (requests.Response, 500, CLIENT, {}),
    "a coroutine": (lambda: _late(1), 500, "the handler returned a coroutine; make it async", {}),
    "an exception": (lambda: KeyError("x"), 500, "KeyError: 'x'", {}),
    "groups of pandas": (lambda: pd.DataFrame({"a": [1]}).groupby("a"), 500, "DataFrameGroupBy <", {}),
    "wide whole numbers": (lambda: pl.Series("v", [5], dtype=pl.Int128), 200, "[5]", {}),
    "tuples as names": (
        lambda: pd.DataFrame([[1]], columns=pd.Index([("a", 1)], tupleize_cols=False)),
        200,
        '[{"a 1": 1}]',
        {},
    ),
}


@pytest.mark.parametrize("name", RESPONSES)
def test_a_resource_ends_with_what_was_meant_or_a_sentence(name: str) -> None:
    make, status, text, headers = RESPONSES[name]

    with in_process(answering(make)) as client:
        found = client.call_resource("GET", "it", settings())

    assert found.status == status
    assert {key: value for key, value in found.headers.items() if key != "Content-Type"} == headers
    if status == 500:
        assert json.loads(found.body)["error"].startswith(text)
    else:
        assert found.body.decode() == text


FRAME = Frame("", Field("a", [1]))
PACKET = {
    "schema": {"fields": [{"name": "a", "type": "number", "typeInfo": {"frame": "int64"}}]},
    "data": {"values": [[1]]},
}
PACKETS: dict[str, tuple[Callable[[], Any], Any]] = {
    "a frame": (lambda: [FRAME], PACKET),
    "a table of pandas": (lambda: [pd.DataFrame({"a": [1]})], PACKET),
    "a table of polars": (lambda: [pl.DataFrame({"a": [1]})], PACKET),
    "any JSON": (lambda: [{"at": NOON}], {"at": "2026-01-01T12:00:00+00:00"}),
    "a list of frames": (lambda: [[FRAME, FRAME]], "a packet of a channel is one frame; yield the frames"),
    "nothing": (lambda: None, "the handler returned None; expected a generator: yield each value"),
    "a frame that is not yielded": (lambda: FRAME, "the handler returned Frame; expected a generator"),
    "a table that is not yielded": (
        lambda: pd.DataFrame({"a": [1]}),
        "the handler returned DataFrame; expected a generator",
    ),
    "a dict that is not yielded": (lambda: {"a": 1}, "the handler returned dict; expected a generator"),
    "a text that is not yielded": (lambda: "abc", "the handler returned str; expected a generator"),
    "a text": (lambda: ["abc"], "a channel accepts frames or JSON; this packet is neither"),
}


@pytest.mark.parametrize("name", PACKETS)
def test_a_stream_sends_a_frame_or_ends_with_a_sentence(name: str) -> None:
    make, expected = PACKETS[name]

    with in_process(answering(make)) as client:
        if isinstance(expected, str):
            with pytest.raises(ClientError, match=expected):
                next(client.run_stream("it", settings()))
        else:
            assert next(client.run_stream("it", settings())) == expected
