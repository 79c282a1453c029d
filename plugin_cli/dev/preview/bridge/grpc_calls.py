"""The preview's questions as gRPC calls of Grafana's wire contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from plugin_cli.dev.preview.bridge import (
    Answer,
    BackendCallError,
    BackendUnavailableError,
    Cancel,
    Health,
    Query,
    ResourceCall,
    ResourcePart,
    Settings,
    Subscription,
)
from plugin_cli.system.parse import ParseError, parse_json

# What Grafana shows for a call that failed as a whole, by gRPC's status, and the HTTP status it makes of it.
_SENTENCES = {
    "UNIMPLEMENTED": (404, "Method not implemented"),
    "RESOURCE_EXHAUSTED": (500, ""),
    "CANCELLED": (499, "the request was cancelled"),
}
_HEALTH = {0: "UNKNOWN", 1: "OK", 2: "ERROR"}
_STREAM = {0: "OK", 1: "NOT_FOUND", 2: "PERMISSION_DENIED"}


class GrpcBridge(ABC):
    """A bridge whose every method is an RPC; which connection it goes over is the subclass's to say.

    Args:
        plugin_id: of the plugin.
    """

    def __init__(self, plugin_id: str) -> None:
        self._plugin_id = plugin_id

    @abstractmethod
    def _use_channel(self) -> AbstractContextManager[Any]:
        """Return the connection of the moment, kept open for the length of the block."""

    @abstractmethod
    def _stream_channel(self) -> Any:
        """Return the connection of the moment for a call without an end."""

    def check_health(self, settings: Settings, headers: Mapping[str, str]) -> Health:
        """Call CheckHealth; a plugin without one has unknown health, as in Grafana."""
        from plugin_sdk import pluginv2 as p

        request = p.CheckHealthRequest(pluginContext=self._context(settings), headers=dict(headers))
        try:
            response = self._unary("Diagnostics/CheckHealth", request, p.CheckHealthResponse, None)
        except BackendCallError as error:
            if error.status != 404:
                raise
            return Health("UNKNOWN", "Health check not implemented")
        return Health(
            _HEALTH.get(response.status, "UNKNOWN"), response.message, _details(response.jsonDetails)
        )

    def query_data(
        self, settings: Settings, queries: Sequence[Query], headers: Mapping[str, str], cancel: Cancel
    ) -> Mapping[str, Answer]:
        """Call QueryData with all queries at once."""
        from plugin_sdk import pluginv2 as p

        request = p.QueryDataRequest(pluginContext=self._context(settings), headers=dict(headers))
        for query in queries:
            request.queries.add(
                refId=query.ref_id,
                queryType=query.query_type,
                maxDataPoints=query.max_data_points,
                intervalMS=query.interval_ms,
                timeRange=p.TimeRange(fromEpochMS=query.from_ms, toEpochMS=query.to_ms),
                json=query.json,
            )
        response = self._unary("Data/QueryData", request, p.QueryDataResponse, cancel)
        return {ref_id: _answer(part) for ref_id, part in sorted(response.responses.items())}

    def call_resource(
        self, settings: Settings, resource: ResourceCall, cancel: Cancel
    ) -> Iterator[ResourcePart]:
        """Call CallResource and yield its parts as they come."""
        from plugin_sdk import pluginv2 as p

        request = p.CallResourceRequest(
            pluginContext=self._context(settings),
            method=resource.method,
            path=resource.path,
            url=resource.url,
            body=resource.body,
        )
        for name, values in resource.headers.items():
            request.headers[name].values.extend(values)
        with self._use_channel() as channel:
            for part in _stream(channel, "Resource/CallResource", request, p.CallResourceResponse, cancel):
                pairs = [(name, value) for name, values in part.headers.items() for value in values.values]
                yield ResourcePart(part.code or 200, part.body, pairs)

    def subscribe_stream(self, settings: Settings, path: str) -> Subscription:
        """Call SubscribeStream."""
        from plugin_sdk import pluginv2 as p

        request = p.SubscribeStreamRequest(pluginContext=self._context(settings), path=path)
        response = self._unary("Stream/SubscribeStream", request, p.SubscribeStreamResponse, None)
        return Subscription(_STREAM.get(response.status, "PERMISSION_DENIED"), response.data)

    def run_stream(self, settings: Settings, path: str, cancel: Cancel) -> Iterator[bytes]:
        """Call RunStream and yield its packets; one that a new backend cut off goes on there."""
        from plugin_sdk import pluginv2 as p

        request = p.RunStreamRequest(pluginContext=self._context(settings), path=path)
        # Over a connection that nobody waits for: a stream would keep the old process for ever.
        channel = self._stream_channel()
        for packet in _stream(channel, "Stream/RunStream", request, p.StreamPacket, cancel):
            yield packet.data

    def collect_metrics(self) -> bytes:
        """Call CollectMetrics."""
        from plugin_sdk import pluginv2 as p

        request = p.CollectMetricsRequest(pluginContext=p.PluginContext(pluginId=self._plugin_id))
        response = self._unary("Diagnostics/CollectMetrics", request, p.CollectMetricsResponse, None)
        return bytes(response.metrics.prometheus)

    def _context(self, settings: Settings) -> Any:
        from plugin_sdk.client import plugin_context

        return plugin_context(self._plugin_id, settings)

    def _unary(self, method: str, request: Any, response: Any, cancel: Cancel | None) -> Any:
        import grpc

        with self._use_channel() as channel:
            call = channel.unary_unary(f"/pluginv2.{method}", _serialized, response.FromString)
            try:
                future = _begin(call.future, request)
                if cancel is not None:
                    cancel.on_cancel(future.cancel)
                return future.result()
            except grpc.FutureCancelledError as error:
                raise BackendCallError("the request was cancelled", status=499) from error
            except grpc.RpcError as error:
                raise _failure(error) from error


def _stream(channel: Any, method: str, request: Any, response: Any, cancel: Cancel) -> Iterator[Any]:
    import grpc

    stream = channel.unary_stream(f"/pluginv2.{method}", _serialized, response.FromString)
    call = _begin(stream, request)
    cancel.on_cancel(call.cancel)
    try:
        yield from call
    except grpc.RpcError as error:
        if not cancel.requested:
            raise _failure(error) from error
    finally:
        call.cancel()


def _begin(call: Any, request: Any) -> Any:
    try:
        return call(request)
    except ValueError as error:  # what a closed channel raises
        raise BackendUnavailableError("the backend ended before the request began") from error


def _serialized(message: Any) -> bytes:
    return bytes(message.SerializeToString())


def _failure(error: Any) -> Exception:
    code, details = error.code().name, error.details() or ""
    if code == "UNAVAILABLE":
        return BackendUnavailableError("the backend became unavailable during the request")
    status, sentence = _SENTENCES.get(code, (500, ""))
    return BackendCallError(sentence or details or f"the backend answered {code}", status=status)


def _details(raw: bytes) -> Mapping[str, Any] | None:
    """Return the details of a health check; Grafana answers 500 for anything but an object."""
    if not raw:
        return None
    try:
        details = parse_json(raw)
    except ParseError as error:
        raise BackendCallError(f"the health check's details are not JSON: {error}") from error
    if not isinstance(details, dict):
        raise BackendCallError(f"the health check's details are {type(details).__name__}, not an object")
    return details


def _answer(response: Any) -> Answer:
    from plugin_sdk.data import Frame, FrameError

    # 0 is what a plugin sends that never set a status; Grafana reads it as 500.
    status = response.status if 100 <= response.status <= 599 else 500
    try:
        frames = [Frame.from_arrow(frame).to_json() for frame in response.frames]
    except FrameError as error:
        return Answer(
            500, error=f"the plugin sent a frame that Grafana cannot read: {error}", error_source="plugin"
        )
    return Answer(status, frames, response.error, response.errorSource)
