"""Calls a plugin over gRPC as Grafana does, with the types of the SDK."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from plugin_sdk._json_text import loads
from plugin_sdk.client.proto_out import InstanceSettings
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.errors import ErrorSource
from plugin_sdk.messages import (
    CallResourceResponse,
    CheckHealthResult,
    HealthStatus,
    PublishStreamResponse,
    StreamStatus,
    TimeRange,
)
from plugin_sdk.messages.data import KNOWN_FIELDS_ONLY, QUERY_FIELDS

if TYPE_CHECKING:
    from plugin_sdk.data import Frame


_URL_SAFE = "%?/:@!$&'()*+,;=~#[]"


class ClientError(Exception):
    """An RPC failed as a whole.

    Attributes:
        code: gRPC's name of the status, e.g. `UNAVAILABLE`.
        message: the text of the status.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class QueryResult:
    """The response to one query, with its frames decoded."""

    frames: list[Frame] = field(default_factory=list)
    error: str = ""
    status: int = 200
    error_source: ErrorSource | None = None


def settings(
    json_data: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    *,
    uid: str = "test",
    name: str = "test",
    id: int = 1,  # the name in Grafana
    updated_ms: int = 1,
) -> DataSourceInstanceSettings[Any]:
    """Return the settings of a data source: the unencrypted ones, and the secrets."""
    return DataSourceInstanceSettings(
        json_data_raw=json.dumps(dict(json_data or {})).encode(),
        decrypted_secure_json_data=dict(secrets or {}),
        updated=datetime.fromtimestamp(updated_ms / 1000, tz=UTC),
        id=id,
        uid=uid,
        name=name,
    )


def last(seconds: float, *, now: datetime | None = None) -> TimeRange:
    """Return the time range of the last `seconds`."""
    end = int((now.timestamp() if now else time.time()) * 1000)
    return TimeRange(end - int(seconds * 1000), end)


class PluginClient:
    """Calls a plugin over gRPC as Grafana does; every method raises `ClientError` if the RPC fails.

    Args:
        channel: an open `grpc.Channel`; the caller closes it.
        plugin_id: the id in the plugin context.
        timeout_seconds: how long one call may take.
        metadata: gRPC metadata of every call, with lower-case names.
    """

    def __init__(
        self,
        channel: Any,
        *,
        plugin_id: str = "test-plugin",
        timeout_seconds: float = 60,
        metadata: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._channel = channel
        self._plugin_id = plugin_id
        self._metadata = tuple(metadata)
        self.timeout_seconds = timeout_seconds

    def with_metadata(self, *metadata: tuple[str, str]) -> PluginClient:
        """Return a client for the same plugin whose calls also carry `metadata`."""
        return PluginClient(
            self._channel,
            plugin_id=self._plugin_id,
            timeout_seconds=self.timeout_seconds,
            metadata=(*self._metadata, *metadata),
        )

    def check_health(
        self,
        instance: InstanceSettings | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> CheckHealthResult:
        """Run "Save & test"."""
        from plugin_sdk._proto import pluginv2 as p

        request = p.CheckHealthRequest(pluginContext=self._context(instance), headers=dict(headers or {}))
        response = self._unary("/pluginv2.Diagnostics/CheckHealth", request, p.CheckHealthResponse)
        details = loads(response.jsonDetails) if response.jsonDetails else None
        return CheckHealthResult(HealthStatus(response.status), response.message, details)

    def query_data(
        self,
        queries: Sequence[Mapping[str, Any]],
        instance: InstanceSettings | None = None,
        *,
        time_range: TimeRange | None = None,
        interval_ms: int = 1000,
        max_data_points: int = 1000,
        headers: Mapping[str, str] | None = None,
        known_fields_only: bool = False,
    ) -> dict[str, QueryResult]:
        """Run the queries of one request; each is the object that Grafana stores, with its `refId`.

        With `known_fields_only`, a field that the query's model does not have is an error of that query:
        stored queries may carry fields of an older version, but a typing mistake should not go unnoticed.
        """
        from plugin_sdk._proto import pluginv2 as p

        span = time_range or last(3600)
        request = p.QueryDataRequest(pluginContext=self._context(instance), headers=dict(headers or {}))
        for query in queries:
            request.queries.add(
                refId=str(query.get("refId", "A")),
                maxDataPoints=int(query.get("maxDataPoints") or max_data_points),
                intervalMS=int(query.get("intervalMs", interval_ms)),
                timeRange=p.TimeRange(fromEpochMS=span.from_ms, toEpochMS=span.to_ms),
                json=json.dumps(query).encode(),
                queryType=str(query.get("queryType", "")),
            )
        metadata = ((QUERY_FIELDS, KNOWN_FIELDS_ONLY),) if known_fields_only else ()
        response = self._unary("/pluginv2.Data/QueryData", request, p.QueryDataResponse, metadata)
        return {ref_id: _result(answer) for ref_id, answer in sorted(response.responses.items())}

    def call_resource(
        self,
        method: str,
        path: str,
        instance: InstanceSettings | None = None,
        *,
        body: bytes = b"",
        headers: Mapping[str, Sequence[str]] | None = None,
    ) -> CallResourceResponse:
        """Request a resource; the parts of a streamed body are joined.

        `path` is a URL path with an optional query string: `stations/New%20York?limit=3`.
        """
        parts = list(self.stream_resource(method, path, instance, body=body, headers=headers))
        first = parts[0] if parts else CallResourceResponse(200)
        return CallResourceResponse(first.status, b"".join(part.body for part in parts), first.headers)

    def stream_resource(
        self,
        method: str,
        path: str,
        instance: InstanceSettings | None = None,
        *,
        body: bytes = b"",
        headers: Mapping[str, Sequence[str]] | None = None,
    ) -> Iterator[CallResourceResponse]:
        """Yield the parts of a resource's response as they arrive."""
        from plugin_sdk._proto import pluginv2 as p

        # Grafana sends the path decoded, and the URL as the browser sent it.
        url = quote(path.lstrip("/"), safe=_URL_SAFE)
        request = p.CallResourceRequest(
            pluginContext=self._context(instance),
            path=unquote(url.partition("?")[0]),
            method=method,
            url=url,
            body=body,
        )
        for name, values in (headers or {}).items():
            request.headers[name].values.extend(values)
        for part in self._stream("/pluginv2.Resource/CallResource", request, p.CallResourceResponse):
            found = {name: list(values.values) for name, values in part.headers.items()}
            yield CallResourceResponse(part.code or 200, part.body, found)

    def collect_metrics(self) -> str:
        """Return the plugin's metrics in Prometheus' text format."""
        from plugin_sdk._proto import pluginv2 as p

        request = p.CollectMetricsRequest(pluginContext=p.PluginContext(pluginId=self._plugin_id))
        response = self._unary("/pluginv2.Diagnostics/CollectMetrics", request, p.CollectMetricsResponse)
        return str(response.metrics.prometheus.decode())

    def subscribe_stream(
        self, path: str, instance: InstanceSettings | None = None, *, data: bytes = b""
    ) -> tuple[StreamStatus, Any]:
        """Subscribe to a channel; return whether that is allowed, and the initial data decoded from JSON."""
        from plugin_sdk._proto import pluginv2 as p

        request = p.SubscribeStreamRequest(pluginContext=self._context(instance), path=path, data=data)
        response = self._unary("/pluginv2.Stream/SubscribeStream", request, p.SubscribeStreamResponse)
        return StreamStatus(response.status), loads(response.data) if response.data else None

    def run_stream(
        self, path: str, instance: InstanceSettings | None = None, *, data: bytes = b""
    ) -> Iterator[Any]:
        """Yield the packets of a channel, decoded from JSON; closing the generator cancels the RPC."""
        from plugin_sdk._proto import pluginv2 as p

        request = p.RunStreamRequest(pluginContext=self._context(instance), path=path, data=data)
        for packet in self._stream("/pluginv2.Stream/RunStream", request, p.StreamPacket, unlimited=True):
            yield loads(packet.data)

    def publish_stream(
        self, path: str, data: bytes, instance: InstanceSettings | None = None
    ) -> PublishStreamResponse:
        """Publish data into a channel."""
        from plugin_sdk._proto import pluginv2 as p

        request = p.PublishStreamRequest(pluginContext=self._context(instance), path=path, data=data)
        response = self._unary("/pluginv2.Stream/PublishStream", request, p.PublishStreamResponse)
        return PublishStreamResponse(StreamStatus(response.status), response.data)

    def _context(self, instance: InstanceSettings | None) -> Any:
        from plugin_sdk.client.proto_out import plugin_context

        return plugin_context(self._plugin_id, instance)

    def _unary(
        self, method: str, request: Any, response: Any, metadata: Sequence[tuple[str, str]] = ()
    ) -> Any:
        import grpc

        call = self._channel.unary_unary(
            method, lambda message: message.SerializeToString(), response.FromString
        )
        try:
            return call(request, timeout=self.timeout_seconds, metadata=(*self._metadata, *metadata))
        except grpc.RpcError as error:
            raise ClientError(error.code().name, error.details() or "") from error

    def _stream(self, method: str, request: Any, response: Any, *, unlimited: bool = False) -> Iterator[Any]:
        import grpc

        open_call = self._channel.unary_stream(
            method, lambda message: message.SerializeToString(), response.FromString
        )
        limit = None if unlimited else self.timeout_seconds
        call = open_call(request, timeout=limit, metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            raise ClientError(error.code().name, error.details() or "") from error
        finally:
            call.cancel()


def _result(answer: Any) -> QueryResult:
    from plugin_sdk.data import Frame

    return QueryResult(
        frames=[Frame.from_arrow(frame) for frame in answer.frames],
        error=answer.error,
        status=answer.status,
        error_source=ErrorSource(answer.errorSource) if answer.errorSource else None,
    )


CHANNEL_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
"""Grafana's client sends and accepts messages of any size."""
