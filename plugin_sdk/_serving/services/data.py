"""The Data service: queries go in, frames or errors by ref_id come out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from plugin_sdk import _log
from plugin_sdk._serving import proto_in, request_scope
from plugin_sdk._serving.models.parse import ModelError, check_query_fields, parse_query
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.pools import Pool, Pools
from plugin_sdk._serving.protobuf_writer import EncodedResponse, query_data_response
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.services import iteration, query_responses
from plugin_sdk._serving.services.concurrency import run_concurrently
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.errors import DownstreamError, ErrorSource, PluginError, is_deliberate
from plugin_sdk.messages import DataQuery, DataResponse, Headers, QueryDataRequest
from plugin_sdk.messages.data import KNOWN_FIELDS_ONLY, QUERY_FIELDS

_QUERY = Rpc("queryData", "/pluginv2.Data/QueryData")
_QUERY_CHUNKED = Rpc("queryChunkedData", "/pluginv2.Data/QueryChunkedData", "server_stream")
_ARROW, _JSON = 0, 1


def query_data(state: SharedState, pools: Pools) -> Callable[[Any, Any], bytes]:
    """Return the behaviour of QueryData, which returns serialised bytes."""

    def work(call: ActiveCall, message: Any) -> bytes:
        responses = _responses(call, message, pools.fan_out)
        _record_errors(call, responses)
        return query_data_response(responses.items())

    return request_scope.unary(state, _QUERY, work)


def _responses(call: ActiveCall, message: Any, fan_out: Pool) -> dict[str, EncodedResponse]:
    as_json = _wants_json(message.format)
    try:
        instance = call.instance()
    except PluginError as error:
        if not message.queries:
            raise
        # A deliberate error is shown at every query, where the user looks; any other error fails the request,
        # as one of a Go plugin's factory does.
        return {query.refId: query_responses.of_error(error) for query in message.queries}
    abilities = call.plugin().abilities
    if abilities.has("query_data"):
        return _whole_request(call, message, instance, as_json)
    if not abilities.has("query"):
        raise UnimplementedError("this plugin does not implement queries")
    handler = instance.handler("query")
    model = call.plugin().query_model
    headers = call.headers
    for_alert = query_responses.is_for_alert(headers)

    def respond(query: Any) -> EncodedResponse:
        try:
            result = handler(call, data_query(query, model, call, headers))
            return query_responses.of_result(result, query.refId, as_json, for_alert=for_alert)
        except BaseException as error:
            _log_unexpected(error, query.refId)
            return query_responses.of_error(error)

    limit = min(max(1, instance.target.concurrency_limit), 10)
    responses = run_concurrently(respond, list(message.queries), limit, fan_out)
    return {query.refId: response for query, response in zip(message.queries, responses, strict=True)}


def _wants_json(data_format: int) -> bool:
    if data_format not in (_ARROW, _JSON):
        raise PluginError(
            f"unknown data frame format {data_format}: expected 0 (Arrow) or 1 (JSON)", status=400
        )
    return data_format == _JSON


def data_query(message: Any, model: Any, call: ActiveCall, headers: Headers) -> DataQuery[Any]:
    """Return one query with its model parsed.

    Raises:
        PluginError: the query does not match the model (status 400).
    """
    try:
        if call.metadata_value(QUERY_FIELDS) == KNOWN_FIELDS_ONLY:
            check_query_fields(model, message.json)
        parsed = parse_query(model, message.json)
    except ModelError as error:
        # The user who saved the query can fix it, so the plugin's operators are not alerted.
        raise DownstreamError(str(error), status=400) from error
    return DataQuery(
        ref_id=message.refId,
        model=parsed,
        time_range=proto_in.time_range(message),
        interval_ms=message.intervalMS,
        max_data_points=message.maxDataPoints,
        query_type=message.queryType,
        json=message.json,
        context=call.context,
        headers=headers,
        is_cancelled=call.is_cancelled,
    )


def _whole_request(
    call: ActiveCall, message: Any, instance: Any, as_json: bool
) -> dict[str, EncodedResponse]:
    """Pass the request to the author's `query_data`, without the queries that do not match the model."""
    model = call.plugin().query_model
    headers = call.headers
    for_alert = query_responses.is_for_alert(headers)
    responses: dict[str, EncodedResponse] = {}
    queries = []
    for query in message.queries:
        try:
            queries.append(data_query(query, model, call, headers))
        except PluginError as error:
            responses[query.refId] = query_responses.of_error(error)
    returned = instance.handler("query_data")(
        call, QueryDataRequest(call.context, queries, headers, call.is_cancelled)
    )
    if returned is None:
        raise PluginError("both response and error are nil, but one must be provided")
    for ref_id, result in returned.items():
        try:
            responses[ref_id] = query_responses.of_result(result, ref_id, as_json, for_alert=for_alert)
        except Exception as error:
            _log_unexpected(error, ref_id)
            responses[ref_id] = query_responses.of_error(error)
    for query in queries:
        if query.ref_id not in responses:
            # Alerting silently takes a missing response for "no data".
            _log.log("warn", "query_data returned no response for a query", refID=query.ref_id)
            responses[query.ref_id] = query_responses.of_result(DataResponse(), query.ref_id, as_json)
    return responses


def _log_unexpected(error: BaseException, ref_id: str) -> None:
    if not is_deliberate(error) and type(error).__name__ != "CancelledError":
        _log.log_exception("query failed", error, refID=ref_id)


def _record_errors(call: ActiveCall, responses: dict[str, EncodedResponse]) -> None:
    failed = [(ref_id, response) for ref_id, response in responses.items() if response.error]
    if failed and not call.is_cancelled():
        for ref_id, response in failed:
            call.outcome.record_error(response.error, ErrorSource(response.error_source))
            _log.log(
                "error",
                "Partial data response error",
                refID=ref_id,
                status=response.status,
                error=response.error,
                statusSource=response.error_source,
            )


def query_chunked_data(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Iterator[Any]]:
    """Return the behaviour of QueryChunkedData: each frame is sent as soon as it is ready."""
    return request_scope.stream(state, _QUERY_CHUNKED, _chunk_messages)


def _chunk_messages(call: ActiveCall, message: Any) -> Iterator[Any]:
    from plugin_sdk._proto import pluginv2

    as_json = _wants_json(message.format)
    instance = call.instance()
    abilities = call.plugin().abilities
    name = "query_chunked_data" if abilities.has("query_chunked_data") else "query"
    if not abilities.has(name):
        raise UnimplementedError("this plugin does not implement queries")
    headers = call.headers
    for query in message.queries:
        for number, part in enumerate(_chunks(call, instance, name, query, headers, as_json)):
            yield pluginv2.QueryChunkedDataResponse(
                refId=query.refId,
                frameId=f"{query.refId}-{number}",
                frame=part.frames[0] if part.frames else empty_frame(query.refId, as_json),
                error=part.error,
                status=part.status,
                errorSource=part.error_source,
                format=_JSON if as_json else _ARROW,
            )


def empty_frame(ref_id: str, as_json: bool) -> bytes:
    """Return a frame without fields: Grafana decodes the frame of an error chunk before its error."""
    from plugin_sdk.data import Frame

    return query_responses.of_result(Frame("", ref_id=ref_id), ref_id, as_json).frames[0]


def _chunks(
    call: ActiveCall, instance: Any, name: str, query: Any, headers: Headers, as_json: bool
) -> Iterator[EncodedResponse]:
    try:
        parsed = data_query(query, call.plugin().query_model, call, headers)
        result = instance.handler("query")(call, parsed) if name == "query" else None
        parts = (
            [result] if name == "query" else iteration.iterate(getattr(instance.target, name)(parsed), call)
        )
        for part in parts:
            encoded = query_responses.of_result(part, query.refId, as_json, is_part=True)
            for frame in encoded.frames:
                yield EncodedResponse(frames=(frame,), status=encoded.status, json_format=as_json)
            if encoded.error:
                yield encoded
    except GeneratorExit:
        raise
    except BaseException as error:
        _log_unexpected(error, query.refId)
        yield query_responses.of_error(error)
