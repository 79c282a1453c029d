from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pydantic import BaseModel

from plugin_sdk import (
    DataQuery,
    DataResponse,
    DataSource,
    DataSourceInstanceSettings,
    DownstreamError,
    ErrorSource,
    Frame,
    PluginError,
    QueryDataRequest,
    QueryDataResponse,
)
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk.data import FrameError
from plugin_sdk.messages import TimeRange
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS, context, query_request, serving
from tests.waiting import eventually


class Settings(BaseModel):
    prefix: str = ""


class Query(BaseModel):
    value: float = 1.0
    fail: str = ""


def frame_of(query: DataQuery[Query]) -> Frame:
    return Frame.from_any({"value": [query.model.value]}, name="numbers")


def fail(kind: str) -> None:
    errors: dict[str, BaseException] = {
        "plugin": PluginError("the plugin is at fault", status=501),
        "downstream": DownstreamError("the system is down", status=503),
        "status": PluginError("an odd status", status=42),
        "bug": KeyError("station"),
        "exit": SystemExit(3),
        "surrogate": ValueError("bad \ud800 text"),
    }
    if kind:
        raise errors[kind]


class Numbers(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        fail(query.model.fail)
        return frame_of(query)


class AsyncNumbers(DataSource[Settings, Query]):
    async def query(self, query: DataQuery[Query]) -> Frame:
        await asyncio.sleep(0)
        fail(query.model.fail)
        return frame_of(query)


@pytest.mark.parametrize("plugin", [Numbers, AsyncNumbers])
def test_a_query_returns_its_frame_under_its_ref_id(plugin: type) -> None:
    with in_process(plugin) as client:
        result = client.query_data([{"refId": "B", "value": 2.5}], settings())["B"]

    assert (result.error, result.status, result.error_source) == ("", 200, None)
    assert [(frame.name, frame.ref_id) for frame in result.frames] == [("numbers", "B")]
    assert list(result.frames[0].fields[0].values) == [2.5]


def test_a_query_has_everything_that_grafana_sends() -> None:
    seen: list[DataQuery[Query]] = []

    class Looking(DataSource[Settings, Query]):
        def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
            self.prefix = instance.settings.prefix

        def query(self, query: DataQuery[Query]) -> list[Frame]:
            seen.append(query)
            return [Frame(self.prefix)]

    with in_process(Looking, plugin_id="acme-looking-datasource") as client:
        result = client.query_data(
            [{"refId": "A", "value": 3, "queryType": "sum", "maxDataPoints": 7, "intervalMs": 250}],
            settings({"prefix": "p"}, name="Looking", uid="u1"),
            time_range=TimeRange(1_000, 5_000),
            headers={"http_X-Team": "blue"},
        )

    query = seen[0]
    assert result["A"].frames[0].name == "p"
    assert (query.ref_id, query.query_type, query.max_data_points, query.interval_ms) == ("A", "sum", 7, 250)
    assert query.interval.total_seconds() == 0.25
    assert (query.time_range.from_ms, query.time_range.to_ms) == (1_000, 5_000)
    assert json.loads(query.json)["value"] == 3
    assert query.model == Query(value=3)
    assert query.headers["x-team"] == "blue"
    assert query.context.plugin_id == "acme-looking-datasource"
    assert query.context.data_source_instance_settings is not None
    assert query.context.data_source_instance_settings.uid == "u1"
    assert query.cancelled is True  # the request is over by now


@pytest.mark.parametrize("plugin", [Numbers, AsyncNumbers])
@pytest.mark.parametrize(
    ("kind", "error", "status", "source"),
    [
        ("plugin", "the plugin is at fault", 501, ErrorSource.PLUGIN),
        ("downstream", "the system is down", 503, ErrorSource.DOWNSTREAM),
        ("status", "an odd status", 500, ErrorSource.PLUGIN),
        ("bug", "KeyError: 'station'", 500, ErrorSource.PLUGIN),
        ("surrogate", "bad ? text", 500, ErrorSource.PLUGIN),
    ],
)
def test_a_failing_query_does_not_affect_the_others(
    plugin: type, kind: str, error: str, status: int, source: ErrorSource
) -> None:
    with in_process(plugin) as client:
        results = client.query_data([{"refId": "A", "fail": kind}, {"refId": "B"}], settings())

    assert (results["A"].error, results["A"].status, results["A"].error_source) == (error, status, source)
    assert results["A"].frames == []
    assert results["B"].error == ""
    assert len(results["B"].frames) == 1


def test_a_query_that_calls_exit_does_not_stop_the_process() -> None:
    with in_process(Numbers) as client:
        results = client.query_data([{"refId": "A", "fail": "exit"}, {"refId": "B"}], settings())

    assert results["A"].error == "SystemExit: 3"
    assert results["B"].error == ""


def test_a_bug_is_logged_with_its_traceback_and_a_deliberate_error_without(logged: Lines) -> None:
    with in_process(Numbers) as client:
        client.query_data([{"refId": "A", "fail": "bug"}, {"refId": "B", "fail": "plugin"}], settings())

    stacks = {line.get("refID"): line["stack"] for line in logged() if "stack" in line}
    assert list(stacks) == ["A"]
    assert "in fail" in stacks["A"]
    partial = {line["refID"]: line for line in logged() if line["@message"] == "Partial data response error"}
    assert partial["A"]["@level"] == "error"
    assert (partial["B"]["status"], partial["B"]["statusSource"]) == (501, "plugin")
    (completed,) = [line for line in logged() if line["@message"] == "Plugin Request Completed"]
    assert (completed["status"], completed["statusSource"]) == ("error", "plugin")


def returning(value: Any) -> type:
    class Returning(DataSource[Settings, Query]):
        def query(self, query: DataQuery[Query]) -> Any:
            return value

    return Returning


def test_the_error_of_a_query_that_returns_none_says_what_to_return() -> None:
    with in_process(returning(None)) as client:
        result = client.query_data([{}], settings())["A"]

    assert result.error == ("the query returned None; return a Frame, or an empty list if there is no data")


def test_a_query_that_returns_no_table_is_an_error() -> None:
    with in_process(returning(3)) as client:
        result = client.query_data([{}], settings())["A"]

    assert result.status == 500
    assert "int" in result.error


def test_an_empty_list_is_no_data() -> None:
    with in_process(returning([])) as client:
        result = client.query_data([{}], settings())["A"]

    assert (result.frames, result.error, result.status) == ([], "", 200)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (DataResponse({"a": [1]}), (1, "", 200, None)),
        (DataResponse({"a": [1]}, status=206), (1, "", 206, None)),
        (DataResponse([], error="no"), (0, "no", 500, ErrorSource.PLUGIN)),
        (
            DataResponse([], error="no", status=404, error_source=ErrorSource.DOWNSTREAM),
            (0, "no", 404, ErrorSource.DOWNSTREAM),
        ),
        (DataResponse({"a": [1]}, error="partly", status=1000), (1, "partly", 500, ErrorSource.PLUGIN)),
    ],
)
def test_a_data_response_is_sent_unchanged(
    response: DataResponse, expected: tuple[int, str, int, ErrorSource | None]
) -> None:
    with in_process(returning(response)) as client:
        result = client.query_data([{}], settings())["A"]

    assert (len(result.frames), result.error, result.status, result.error_source) == expected


def test_a_frame_keeps_the_ref_id_it_was_given() -> None:
    with in_process(returning(Frame("x", ref_id="Z"))) as client:
        assert client.query_data([{}], settings())["A"].frames[0].ref_id == "Z"


def test_a_query_that_does_not_match_its_model_is_an_error_with_the_field() -> None:
    with in_process(Numbers) as client:
        results = client.query_data([{"refId": "A", "value": "much"}, {"refId": "B"}], settings())

    assert results["A"].status == 400
    assert results["A"].error == 'Value should be a number, found "much"'
    assert results["B"].error == ""


def test_frames_are_json_if_grafana_requests_json() -> None:
    with serving(Numbers) as served:
        request = query_request(("A", b'{"value": 4}'), data_format=1)
        response = served.unary("Data/QueryData", request, p.QueryDataResponse)

    answer = response.responses["A"]
    assert answer.format == 1
    assert Frame.from_json(answer.frames[0]).fields[0].values == [4.0]


def test_an_unknown_format_is_refused() -> None:
    with serving(Numbers) as served, pytest.raises(grpc.RpcError) as failed:
        served.unary("Data/QueryData", query_request(("A", b"{}"), data_format=7), p.QueryDataResponse)

    assert failed.value.code() is grpc.StatusCode.UNKNOWN
    assert failed.value.details() == "unknown data frame format 7: expected 0 (Arrow) or 1 (JSON)"


class Unmade(DataSource[Settings, Query]):
    def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
        raise DownstreamError("no connection", status=502)

    def query(self, query: DataQuery[Query]) -> Frame:
        raise AssertionError("never reached")


def test_an_instance_that_cannot_be_created_is_an_error_of_every_query() -> None:
    with in_process(Unmade) as client:
        results = client.query_data([{"refId": "A"}, {"refId": "B"}], settings())

    assert {(ref, r.error, r.status, r.error_source) for ref, r in results.items()} == {
        ("A", "no connection", 502, ErrorSource.DOWNSTREAM),
        ("B", "no connection", 502, ErrorSource.DOWNSTREAM),
    }


def test_an_instance_that_cannot_be_created_fails_a_request_without_queries() -> None:
    with in_process(Unmade) as client, pytest.raises(ClientError) as failed:
        client.query_data([], settings())

    assert (failed.value.code, failed.value.message) == ("UNKNOWN", "no connection")


def test_a_bug_while_the_instance_is_created_fails_the_request_as_in_go() -> None:
    class Broken(DataSource[Settings, Query]):
        def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
            raise KeyError("token")

        def query(self, query: DataQuery[Query]) -> Frame:
            raise AssertionError("never reached")

    with in_process(Broken) as client, pytest.raises(ClientError) as failed:
        client.query_data([{}], settings())

    assert failed.value.message == "panic triggered: KeyError: 'token'"


def test_invalid_settings_are_an_error_of_every_query() -> None:
    with in_process(Numbers) as client:
        result = client.query_data([{}], settings({"prefix": 3}))["A"]

    assert (result.status, result.error) == (400, "Prefix should be text, found 3")


def test_a_request_without_a_data_source_is_refused() -> None:
    with in_process(Numbers) as client:
        result = client.query_data([{}])["A"]

    assert result.status == 400
    assert result.error.startswith("the request names no data source")


def test_a_class_without_queries_is_unimplemented() -> None:
    class Silent(DataSource[Settings, Query]):
        pass

    with in_process(Silent) as client, pytest.raises(ClientError) as failed:
        client.query_data([{}], settings())

    assert (failed.value.code, failed.value.message) == (
        "UNIMPLEMENTED",
        "this plugin does not implement queries",
    )


def test_code_that_cannot_be_loaded_is_an_error_of_every_query() -> None:
    with serving("tests.sdk.plugins.no_such_module:Nothing") as served:
        result = served.client.query_data([{}], settings())["A"]

    assert result.error.startswith("the plugin's code could not be loaded: ModuleNotFoundError")


# query_data: the whole request


def answering(answer: Any) -> type:
    class Whole(DataSource[Settings, Query]):
        def query_data(self, request: QueryDataRequest[Query]) -> QueryDataResponse:
            return answer(request)  # type: ignore[no-any-return]

    return Whole


def test_query_data_serves_the_whole_request() -> None:
    def answer(request: QueryDataRequest[Query]) -> QueryDataResponse:
        assert request.cancelled is False
        return {query.ref_id: DataResponse(frame_of(query)) for query in request.queries}

    with in_process(answering(answer)) as client:
        results = client.query_data([{"refId": "A", "value": 1}, {"refId": "B", "value": 2}], settings())

    assert {ref: r.frames[0].fields[0].values for ref, r in results.items()} == {"A": [1.0], "B": [2.0]}


def test_query_data_does_not_receive_queries_that_do_not_parse() -> None:
    seen: list[str] = []

    def answer(request: QueryDataRequest[Query]) -> QueryDataResponse:
        seen.extend(query.ref_id for query in request.queries)
        return {query.ref_id: DataResponse() for query in request.queries}

    with in_process(answering(answer)) as client:
        results = client.query_data([{"refId": "A", "value": "x"}, {"refId": "B"}], settings())

    assert seen == ["B"]
    assert results["A"].status == 400
    assert results["B"].status == 200


def test_a_query_without_a_response_of_query_data_has_no_data_and_a_warning(logged: Lines) -> None:
    with in_process(answering(lambda _request: {})) as client:
        result = client.query_data([{}], settings())["A"]

    assert (result.frames, result.error) == ([], "")
    (line,) = [line for line in logged() if line["@message"] == "query_data returned no response for a query"]
    assert (line["@level"], line["refID"]) == ("warn", "A")


def test_a_response_of_query_data_that_cannot_be_sent_does_not_affect_the_others() -> None:
    with in_process(
        answering(lambda _request: {"A": DataResponse(3), "B": DataResponse({"a": [1]})})
    ) as client:
        results = client.query_data([{"refId": "A"}, {"refId": "B"}], settings())

    assert (results["A"].status, results["A"].error != "") == (500, True)
    assert len(results["B"].frames) == 1


def test_query_data_that_returns_nothing_fails_as_in_go() -> None:
    with in_process(answering(lambda _request: None)) as client, pytest.raises(ClientError) as failed:
        client.query_data([{}], settings())

    assert failed.value.message == "both response and error are nil, but one must be provided"


def test_query_data_that_raises_fails_the_request(logged: Lines) -> None:
    def answer(_request: Any) -> Any:
        raise KeyError("x")

    with in_process(answering(answer)) as client, pytest.raises(ClientError) as failed:
        client.query_data([{}], settings())

    assert (failed.value.code, failed.value.message) == ("UNKNOWN", "panic triggered: KeyError: 'x'")
    assert [line["error"] for line in logged() if line.get("event") == "panic triggered"] == ["'x'"]


# Several queries at once


@pytest.mark.parametrize(("limit", "at_once"), [(0, 1), (1, 1), (3, 3), (10, 10), (50, 10)])
def test_queries_of_one_request_run_up_to_the_limit(limit: int, at_once: int) -> None:
    running = most = 0
    lock = threading.Lock()
    # It passes only if as many queries as the limit allows are running at once.
    barrier = threading.Barrier(at_once)

    class Counting(DataSource[Settings, Query]):
        concurrency_limit = limit

        def query(self, query: DataQuery[Query]) -> Frame:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            barrier.wait(SECONDS)
            with lock:
                running -= 1
            return Frame("x")

    with in_process(Counting) as client:
        queries = [{"refId": f"Q{number}"} for number in range(at_once * 2)]
        results = client.query_data(queries, settings())

    assert most == at_once
    assert {result.error for result in results.values()} == {""}


# A caller that disconnects


def test_an_async_query_is_cancelled_when_the_caller_leaves(logged: Lines) -> None:
    started, cancelled = threading.Event(), threading.Event()

    class Waiting(DataSource[Settings, Query]):
        async def query(self, query: DataQuery[Query]) -> Frame:
            started.set()
            try:
                await asyncio.sleep(SECONDS)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return Frame("x")

    with serving(Waiting) as served:
        call = served.future("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse)
        assert started.wait(SECONDS)
        call.cancel()
        assert cancelled.wait(SECONDS)
        (line,) = eventually(
            lambda: [line for line in logged() if line["@message"] == "Plugin Request Completed"]
        )

    assert (line["status"], line["statusSource"]) == ("cancelled", "downstream")
    assert not [line for line in logged() if "stack" in line]


def test_a_sync_query_sees_that_the_caller_disconnected() -> None:
    started, seen = threading.Event(), threading.Event()

    class Polling(DataSource[Settings, Query]):
        def query(self, query: DataQuery[Query]) -> Frame:
            assert query.cancelled is False
            started.set()
            eventually(lambda: query.cancelled)
            seen.set()
            return Frame("x")

    with serving(Polling) as served:
        call = served.future("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse)
        assert started.wait(SECONDS)
        call.cancel()
        assert seen.wait(SECONDS)


# QueryChunkedData


def chunks(plugin: type, *queries: tuple[str, bytes], data_format: int = 0) -> list[Any]:
    request = query_request(*queries, data_format=data_format, kind=p.QueryChunkedDataRequest)
    with serving(plugin) as served:
        return list(served.stream("Data/QueryChunkedData", request, p.QueryChunkedDataResponse))


class Chunked(DataSource[Settings, Query]):
    def query_chunked_data(self, query: DataQuery[Query]) -> Iterator[Any]:
        yield frame_of(query)
        fail(query.model.fail)
        yield [Frame("second"), Frame("third")]


class AsyncChunked(DataSource[Settings, Query]):
    async def query_chunked_data(self, query: DataQuery[Query]) -> Any:
        yield frame_of(query)
        await asyncio.sleep(0)
        fail(query.model.fail)
        yield [Frame("second"), Frame("third")]


@pytest.mark.parametrize("plugin", [Chunked, AsyncChunked])
def test_chunks_are_frames_numbered_within_their_query(plugin: type) -> None:
    found = chunks(plugin, ("A", b"{}"), ("B", b"{}"))

    assert [(chunk.refId, chunk.frameId) for chunk in found] == [
        ("A", "A-0"),
        ("A", "A-1"),
        ("A", "A-2"),
        ("B", "B-0"),
        ("B", "B-1"),
        ("B", "B-2"),
    ]
    assert [Frame.from_arrow(chunk.frame).name for chunk in found[:3]] == ["numbers", "second", "third"]
    assert {chunk.status for chunk in found} == {200}


@pytest.mark.parametrize("plugin", [Chunked, AsyncChunked])
def test_an_error_between_chunks_is_a_chunk_with_an_empty_frame(plugin: type) -> None:
    found = chunks(plugin, ("A", b'{"fail": "downstream"}'), ("B", b"{}"))

    assert [(chunk.refId, chunk.error) for chunk in found[:2]] == [("A", ""), ("A", "the system is down")]
    assert (found[1].status, found[1].errorSource) == (503, "downstream")
    assert Frame.from_arrow(found[1].frame).fields == []
    assert [chunk.refId for chunk in found[2:]] == ["B", "B", "B"]


def test_query_serves_chunks_without_a_handler_for_them() -> None:
    found = chunks(Numbers, ("A", b'{"value": 9}'), data_format=1)

    assert [chunk.format for chunk in found] == [1]
    assert Frame.from_json(found[0].frame).fields[0].values == [9.0]


def test_a_response_with_frames_and_an_error_is_both_in_chunks() -> None:
    found = chunks(returning(DataResponse(Frame("part"), error="and no more")), ("A", b"{}"))

    assert [(Frame.from_arrow(chunk.frame).name, chunk.error) for chunk in found[:1]] == [("part", "")]
    assert [chunk.error for chunk in found[1:]] == ["and no more"]


def test_chunks_are_unimplemented_without_any_query() -> None:
    class Silent(DataSource[Settings, Query]):
        pass

    with pytest.raises(grpc.RpcError) as failed:
        chunks(Silent, ("A", b"{}"))

    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_chunks_end_when_the_caller_leaves() -> None:
    closed = threading.Event()

    class Endless(DataSource[Settings, Query]):
        def query_chunked_data(self, query: DataQuery[Query]) -> Iterator[Frame]:
            try:
                while True:
                    yield Frame("again")
            finally:
                closed.set()

    with serving(Endless) as served:
        request = p.QueryChunkedDataRequest(pluginContext=context())
        request.queries.add(refId="A", json=b"{}")
        call = served.stream("Data/QueryChunkedData", request, p.QueryChunkedDataResponse)
        assert next(call).refId == "A"
        call.cancel()
        assert closed.wait(SECONDS)


def test_the_text_of_a_frame_error_is_the_error_of_the_query() -> None:
    broken = Frame.from_any({"a": [1, 2]})
    broken.fields.append(Frame.from_any({"b": [1]}).fields[0])
    with pytest.raises(FrameError):
        broken.check()

    with in_process(returning(broken)) as client:
        result = client.query_data([{}], settings())["A"]

    assert '"b"' in result.error
