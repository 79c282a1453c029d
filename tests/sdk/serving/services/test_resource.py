from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import grpc
import pytest
from pydantic import BaseModel

from plugin_sdk import (
    App,
    CallResourceRequest,
    CallResourceResponse,
    DataSource,
    DownstreamError,
    PluginError,
    resource,
)
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.services.routes import list_paths
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS, context, serving
from tests.waiting import eventually


class Station(BaseModel):
    name: str
    opened: date | None = None


@dataclass
class Reading:
    at: datetime
    value: float


def returning(value: Any) -> type:
    class Returning(DataSource[Any, Any]):
        @resource("GET", "/it")
        def it(self) -> Any:
            return value() if callable(value) else value

    return Returning


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (["berlin"], ["berlin"]),
        ({"a": None, "b": 1.5}, {"a": None, "b": 1.5}),
        ("text", "text"),
        (Station(name="berlin", opened=date(2026, 1, 2)), {"name": "berlin", "opened": "2026-01-02"}),
        ([Station(name="berlin")], [{"name": "berlin", "opened": None}]),
        (
            Reading(datetime(2026, 1, 1, tzinfo=UTC), 1.5),
            {"at": "2026-01-01T00:00:00+00:00", "value": 1.5},
        ),
        ({"days": {date(2026, 1, 1)}}, {"days": ["2026-01-01"]}),
        ((1, 2), [1, 2]),
        ({"at": (1, frozenset({3}))}, {"at": [1, [3]]}),
        ({"kind": ValueError("odd")}, {"kind": "odd"}),
        ({"lone": "\ud800"}, {"lone": "?"}),
    ],
)
def test_what_a_resource_returns_becomes_json(value: Any, body: Any) -> None:
    with in_process(returning(value)) as client:
        response = client.call_resource("GET", "it", settings())

    assert response.status == 200
    assert response.headers == {"Content-Type": ["application/json"]}
    assert json.loads(response.body) == body


def test_a_number_without_json_is_an_error_rather_than_invalid_json() -> None:
    with in_process(returning({"value": float("nan")})) as client:
        response = client.call_resource("GET", "it", settings())

    assert response.status == 500
    assert "JSON" in json.loads(response.body)["error"]


@pytest.mark.parametrize("value", [b"raw", bytearray(b"raw"), memoryview(b"raw")])
def test_bytes_are_sent_unchanged(value: Any) -> None:
    with in_process(returning(value)) as client:
        response = client.call_resource("GET", "it", settings())

    assert (response.body, response.headers) == (b"raw", {"Content-Type": ["application/octet-stream"]})


def test_none_is_204() -> None:
    with in_process(returning(None)) as client:
        response = client.call_resource("GET", "it", settings())

    assert (response.status, response.body, response.headers) == (204, b"", {})


def test_a_response_keeps_status_and_all_but_hop_by_hop_headers() -> None:
    answer = CallResourceResponse(
        418,
        b"tea",
        {"X-One": "1", "X-Two": ["2", "3"], "Connection": "close", "transfer-encoding": ["chunked"]},
    )
    with in_process(returning(answer)) as client:
        response = client.call_resource("GET", "it", settings())

    assert (response.status, response.body) == (418, b"tea")
    assert response.headers == {"X-One": ["1"], "X-Two": ["2", "3"], "Content-Type": ["application/json"]}


@pytest.mark.parametrize("status", [0, 99, 1000])
def test_an_invalid_status_becomes_500(status: int) -> None:
    with in_process(returning(CallResourceResponse(status, b"x"))) as client:
        assert client.call_resource("GET", "it", settings()).status == 500


def test_a_generator_is_streamed_part_by_part() -> None:
    first_read = threading.Event()

    class Streaming(DataSource[Any, Any]):
        @resource("GET", "/lines")
        def lines(self) -> Iterator[Any]:
            yield "one\n"
            # The second part is sent only to a reader that already has the first one.
            assert first_read.wait(SECONDS)
            yield b"two\n"
            yield {"three": 3}

    with in_process(Streaming) as client:
        parts = client.stream_resource("GET", "lines", settings())
        assert next(parts).body == b"one\n"
        first_read.set()
        assert [part.body for part in parts] == [b"two\n", b'{"three": 3}\n']


def test_an_async_generator_is_streamed_with_its_own_first_response() -> None:
    class Streaming(DataSource[Any, Any]):
        @resource("GET", "/lines/{count}")
        async def lines(self, count: int) -> AsyncIterator[Any]:
            yield CallResourceResponse(206, b"", {"Content-Type": "text/plain"})
            for number in range(count):
                await asyncio.sleep(0)
                yield str(number)

    with in_process(Streaming) as client:
        response = client.call_resource("GET", "lines/3", settings())

    assert (response.status, response.body) == (206, b"012")
    assert response.headers == {"Content-Type": ["text/plain"]}


def test_a_generator_that_yields_nothing_is_204() -> None:
    with in_process(returning(lambda: iter(()))) as client:
        assert client.call_resource("GET", "it", settings()).status == 204


def failing(error: BaseException) -> type:
    class Failing(DataSource[Any, Any]):
        @resource("GET", "/it")
        def it(self) -> None:
            raise error

    return Failing


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (PluginError("gone", status=410), 410, "gone"),
        (DownstreamError("refused"), 500, "refused"),
        (KeyError("x"), 500, "KeyError: 'x'"),
        (TimeoutError(), 504, "TimeoutError"),
    ],
)
def test_a_resource_that_raises_responds_with_the_reason(
    error: BaseException, status: int, text: str
) -> None:
    with in_process(failing(error)) as client:
        response = client.call_resource("GET", "it", settings())

    assert response.status == status
    assert json.loads(response.body) == {"error": text, "message": text}


def test_only_an_unexpected_error_is_logged_with_its_traceback(logged: Lines) -> None:
    for error in (PluginError("gone"), KeyError("x")):
        with in_process(failing(error)) as client:
            client.call_resource("GET", "it", settings())

    assert [line["@message"] for line in logged() if "stack" in line] == ["resource handler failed"]
    assert [line["status"] for line in logged() if line["@message"] == "Plugin Request Completed"] == [
        "error",
        "error",
    ]


def test_exit_in_a_resource_does_not_stop_the_process() -> None:
    with in_process(failing(SystemExit(3))) as client:
        with pytest.raises(ClientError) as failed:
            client.call_resource("GET", "it", settings())
        assert failed.value.message == "panic triggered: SystemExit: 3"
        with pytest.raises(ClientError):
            client.call_resource("GET", "it", settings())


def test_a_stream_that_breaks_after_its_first_part_fails_the_call() -> None:
    class Breaking(DataSource[Any, Any]):
        @resource("GET", "/it")
        def it(self) -> Iterator[str]:
            yield "one"
            raise DownstreamError("lost")

    with in_process(Breaking) as client:
        parts = client.stream_resource("GET", "it", settings())
        assert next(parts).body == b"one"
        with pytest.raises(ClientError) as failed:
            next(parts)

    assert failed.value.message == "lost"


def test_a_class_without_resources_responds_501() -> None:
    class Silent(DataSource[Any, Any]):
        pass

    with in_process(Silent) as client:
        assert client.call_resource("GET", "it", settings()).status == 501


def test_an_unknown_path_is_404_and_a_wrong_method_405() -> None:
    with in_process(returning(1)) as client:
        unknown = client.call_resource("GET", "other", settings())
        wrong = client.call_resource("POST", "it", settings())

    assert (unknown.status, json.loads(unknown.body)["error"]) == (
        404,
        "no resource 'other'; available: GET /it",
    )
    assert (wrong.status, json.loads(wrong.body)["error"]) == (
        405,
        "POST is not allowed for 'it'; allowed: GET",
    )


def test_the_error_lists_only_the_first_of_many_resources() -> None:
    told = list_paths([f"GET /{number:02}" for number in range(25)])

    assert told.startswith("available: GET /00, GET /01, ")
    assert told.endswith("GET /19 and 5 more")


class Whole(DataSource[Any, Any]):
    @resource("GET", "/mine")
    def mine(self) -> str:
        return "route"

    async def call_resource(self, request: CallResourceRequest) -> Any:
        return CallResourceResponse.of_json([request.method, request.path, request.params, request.json()])


def test_call_resource_serves_what_no_route_serves() -> None:
    with in_process(Whole) as client:
        other = client.call_resource("PUT", "a/b?x=1&x=2&y=", settings(), body=b"[1]")
        mine = client.call_resource("GET", "mine", settings())
        wrong_method = client.call_resource("POST", "mine", settings(), body=b"null")

    assert json.loads(other.body) == ["PUT", "a/b", {"x": "2", "y": ""}, [1]]
    assert json.loads(mine.body) == "route"
    assert json.loads(wrong_method.body) == ["POST", "mine", {}, None]


def test_call_resource_may_stream() -> None:
    class Streaming(App[Any]):
        def call_resource(self, request: CallResourceRequest) -> Iterator[CallResourceResponse]:
            yield CallResourceResponse(201, b"a", {"X": "1"})
            yield CallResourceResponse(500, b"b", {"X": "2"})

    with serving(Streaming) as served:
        request = p.CallResourceRequest(path="x")
        request.pluginContext.appInstanceSettings.jsonData = b"{}"
        parts = list(served.stream("Resource/CallResource", request, p.CallResourceResponse))

    # Only the first part has status and headers.
    assert [(part.code, part.body, sorted(part.headers)) for part in parts] == [
        (201, b"a", ["Content-Type", "X"]),
        (0, b"b", []),
    ]


def test_a_request_carries_its_headers_as_grafana_sends_them() -> None:
    seen: list[CallResourceRequest] = []

    class Looking(DataSource[Any, Any]):
        @resource("GET|POST", "/it")
        def it(self, request: CallResourceRequest) -> None:
            seen.append(request)

    with in_process(Looking) as client:
        client.call_resource(
            "POST", "it", settings(), body=b"x", headers={"Accept": ["a", "b"], "X-Id-Token": ["t"]}
        )

    assert seen[0].headers["accept"] == "a, b"
    assert seen[0].headers.forwarded() == {"X-Id-Token": "t"}
    assert seen[0].body == b"x"


def test_a_request_without_a_method_is_a_get() -> None:
    with serving(returning("x")) as served:
        request = p.CallResourceRequest(pluginContext=context(), path="it")
        (part,) = served.stream("Resource/CallResource", request, p.CallResourceResponse)

    assert part.body == b'"x"'


def test_a_streamed_resource_is_closed_when_the_caller_leaves(logged: Lines) -> None:
    closed = threading.Event()

    class Endless(DataSource[Any, Any]):
        @resource("GET", "/it")
        async def it(self) -> AsyncIterator[str]:
            try:
                yield "first"
                await asyncio.sleep(SECONDS)
            finally:
                closed.set()

    with in_process(Endless) as client:
        parts = client.stream_resource("GET", "it", settings())
        assert next(parts).body == b"first"
        parts.close()  # type: ignore[attr-defined]  # a generator
        assert closed.wait(SECONDS)
        (line,) = eventually(
            lambda: [line for line in logged() if line["@message"] == "Plugin Request Completed"]
        )

    assert line["status"] == "cancelled"


def test_a_caller_that_leaves_before_the_first_part_cancels_the_handler(logged: Lines) -> None:
    started, cancelled = threading.Event(), threading.Event()

    class Waiting(DataSource[Any, Any]):
        @resource("GET", "/it")
        async def it(self) -> str:
            started.set()
            try:
                await asyncio.sleep(SECONDS)
            finally:
                cancelled.set()
            return "late"

    with serving(Waiting) as served:
        request = p.CallResourceRequest(pluginContext=context(), path="it")
        call = served.stream("Resource/CallResource", request, p.CallResourceResponse)
        assert started.wait(SECONDS)
        call.cancel()
        assert cancelled.wait(SECONDS)
        with pytest.raises(grpc.RpcError):
            next(call)
        (line,) = eventually(
            lambda: [line for line in logged() if line["@message"] == "Plugin Request Completed"]
        )

    assert line["status"] == "cancelled"
