"""The Data service: queries in, frames or errors by ref_id out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from plugin_sdk import _log
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.parse_models import ModelError, check_query_fields, parse_query
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.proto_in import headers as headers_of
from plugin_sdk._serving.proto_in import time_range
from plugin_sdk._serving.protobuf_writer import WireResponse, query_data_response
from plugin_sdk._serving.request_scope import Call, served
from plugin_sdk._serving.services.concurrency import run_concurrently
from plugin_sdk._serving.services.responses import failure, is_for_alert, wire_response
from plugin_sdk._serving.shared_state import Runtime
from plugin_sdk.errors import ErrorSource, PluginError
from plugin_sdk.messages import DataQuery, DataResponse, Headers, QueryDataRequest

_METHOD = "/pluginv2.Data/QueryData"
_CHUNKED = "/pluginv2.Data/QueryChunkedData"
_ARROW, _JSON = 0, 1
QUERY_FIELDS = "plugin-cli-query-fields"
"""The metadata by which `plugin-cli query` asks that fields which the model does not have are refused."""


def query_data(runtime: Runtime, pools: Pools) -> Callable[[Any, Any], bytes]:
    """Return the behaviour of QueryData; its response is serialised already."""

    def behavior(message: Any, context: Any) -> bytes:
        encoded = b""
        with served(runtime, "queryData", _METHOD, "unary", message, context) as call:
            answers = _answers(call, message, pools.fan_out)
            _note_errors(call, answers)
            encoded = query_data_response(answers.items())
        return encoded  # noqa: RET504  # for all mypy knows, a context manager may swallow an error

    return behavior


def _answers(call: Call, message: Any, fan_out: ThreadPoolExecutor) -> dict[str, WireResponse]:
    as_json = _wants_json(message.format)
    try:
        instance = call.instance()
    except PluginError as error:
        # What was raised on purpose stands where the user looks, in every query's place; anything else fails
        # the request, as a Go plugin's factory does.
        return {query.refId: failure(error) for query in message.queries} or _reraise(error)
    abilities = call.plugin().abilities
    if abilities.has("query_data"):
        return _whole_request(call, message, instance, as_json)
    if not abilities.has("query"):
        raise UnimplementedError("this plugin does not implement queries")
    handler = instance.handler("query")
    model = call.plugin().query_model
    shared = headers_of(message)
    for_alert = is_for_alert(shared)

    def answer(query: Any) -> WireResponse:
        try:
            result = handler(call, data_query(query, model, call, shared))
            return wire_response(result, query.refId, as_json, for_alert=for_alert)
        except BaseException as error:
            _log_unexpected(error, query.refId)
            return failure(error)

    limit = min(max(1, instance.target.concurrency_limit), 10)
    answers = run_concurrently(answer, list(message.queries), limit, fan_out)
    return {query.refId: response for query, response in zip(message.queries, answers, strict=True)}


def _reraise(error: Exception) -> Any:
    raise error


def _wants_json(data_format: int) -> bool:
    if data_format not in (_ARROW, _JSON):
        raise PluginError(
            f"unknown data frame format {data_format}: expected 0 (Arrow) or 1 (JSON)", status=400
        )
    return data_format == _JSON


def data_query(message: Any, model: Any, call: Call, headers: Headers) -> DataQuery[Any]:
    """Return one query of the wire with its model parsed. Raises PluginError (400) where it does not fit."""
    try:
        if call.metadata_value(QUERY_FIELDS) == "known":
            check_query_fields(model, message.json)
        parsed = parse_query(model, message.json)
    except ModelError as error:
        raise PluginError(str(error), status=400) from error
    return DataQuery(
        ref_id=message.refId,
        model=parsed,
        time_range=time_range(message),
        interval_ms=message.intervalMS,
        max_data_points=message.maxDataPoints,
        query_type=message.queryType,
        json=message.json,
        context=call.context,
        headers=headers,
        is_cancelled=call.is_cancelled,
    )


def _whole_request(call: Call, message: Any, instance: Any, as_json: bool) -> dict[str, WireResponse]:
    """Hand the request to the author's `query_data`; a query that does not parse never reaches it."""
    model = call.plugin().query_model
    shared = headers_of(message)
    answers: dict[str, WireResponse] = {}
    queries = []
    for query in message.queries:
        try:
            queries.append(data_query(query, model, call, shared))
        except PluginError as error:
            answers[query.refId] = failure(error)
    response = instance.handler("query_data")(
        call, QueryDataRequest(call.context, queries, shared, call.is_cancelled)
    )
    if response is None:
        raise PluginError("both response and error are nil, but one must be provided")
    for ref_id, result in response.items():
        try:
            answers[ref_id] = wire_response(result, ref_id, as_json, for_alert=is_for_alert(shared))
        except Exception as error:
            _log_unexpected(error, ref_id)
            answers[ref_id] = failure(error)
    for query in queries:
        if query.ref_id not in answers:
            # Alerting takes a missing answer silently for "no data".
            _log.log("warn", "query_data gave no answer for a query", refID=query.ref_id)
            answers[query.ref_id] = wire_response(DataResponse(), query.ref_id, as_json)
    return answers


def _log_unexpected(error: BaseException, ref_id: str) -> None:
    if not isinstance(error, PluginError) and type(error).__name__ != "CancelledError":
        _log.log_exception("query failed", error, refID=ref_id)


def _note_errors(call: Call, answers: dict[str, WireResponse]) -> None:
    if call.is_cancelled():
        return
    for ref_id, answer in answers.items():
        if answer.error:
            call.outcome.failed(answer.error, ErrorSource(answer.error_source))
            _log.log(
                "error",
                "Partial data response error",
                refID=ref_id,
                status=answer.status,
                error=answer.error,
                statusSource=answer.error_source,
            )


def query_chunked_data(runtime: Runtime, _pools: Pools) -> Callable[[Any, Any], Iterator[Any]]:
    """Return the behaviour of QueryChunkedData: every frame of every query as it is ready."""
    from plugin_sdk._proto import pluginv2

    def behavior(message: Any, context: Any) -> Iterator[Any]:
        with served(runtime, "queryChunkedData", _CHUNKED, "server_stream", message, context) as call:
            as_json = _wants_json(message.format)
            instance = call.instance()
            abilities = call.plugin().abilities
            name = "query_chunked_data" if abilities.has("query_chunked_data") else "query"
            if not abilities.has(name):
                raise UnimplementedError("this plugin does not implement queries")
            shared = headers_of(message)
            for query in message.queries:
                for number, part in enumerate(_chunks(call, instance, name, query, shared, as_json)):
                    yield pluginv2.QueryChunkedDataResponse(
                        refId=query.refId,
                        frameId=f"{query.refId}-{number}",
                        frame=part.frames[0] if part.frames else empty_frame(query.refId, as_json),
                        error=part.error,
                        status=part.status,
                        errorSource=part.error_source,
                        format=_JSON if as_json else _ARROW,
                    )

    return behavior


def empty_frame(ref_id: str, as_json: bool) -> bytes:
    """Return a frame without fields: Grafana decodes the frame of an error chunk before it sees the error."""
    from plugin_sdk.data import Frame

    return wire_response(Frame("", ref_id=ref_id), ref_id, as_json).frames[0]


def _chunks(
    call: Call, instance: Any, name: str, query: Any, headers: Headers, as_json: bool
) -> Iterator[WireResponse]:
    from plugin_sdk._serving.services.iteration import values_of

    try:
        parsed = data_query(query, call.plugin().query_model, call, headers)
        result = instance.handler("query")(call, parsed) if name == "query" else None
        parts = [result] if name == "query" else values_of(getattr(instance.target, name)(parsed), call)
        for part in parts:
            encoded = wire_response(part, query.refId, as_json, is_part=True)
            for frame in encoded.frames:
                yield WireResponse(frames=(frame,), status=encoded.status, json_format=as_json)
            if encoded.error:
                yield encoded
    except GeneratorExit:
        raise
    except BaseException as error:
        _log_unexpected(error, query.refId)
        yield failure(error)
