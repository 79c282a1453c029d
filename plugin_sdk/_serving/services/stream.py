"""The Stream service: channels are subscribed to, run once for all subscribers, and published to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plugin_sdk import _log
from plugin_sdk._json_text import loads
from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import channels, proto_in, request_scope
from plugin_sdk._serving.channels import PacketState
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.pools import STREAM_LIMIT, Pools
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.services import iteration, routes
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.channel_names import check_channel
from plugin_sdk.errors import PluginError
from plugin_sdk.messages import RunStreamRequest, StreamStatus, SubscribeStreamResponse, json_bytes
from plugin_sdk.routing import Route, find_route

_SUBSCRIBE = Rpc("subscribeStream", "/pluginv2.Stream/SubscribeStream")
_RUN = Rpc("runStream", "/pluginv2.Stream/RunStream", "server_stream")
_PUBLISH = Rpc("publishStream", "/pluginv2.Stream/PublishStream")


def subscribe_stream(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of SubscribeStream; without a handler, every channel of `@stream` is allowed."""
    return request_scope.unary(state, _SUBSCRIBE, _subscribe)


def _subscribe(call: ActiveCall, message: Any) -> Any:
    response = _subscription(call, message)
    data = b""
    if response.initial_data is not None:
        data = encode_packet(response.initial_data, PacketState())
    elif response.status is StreamStatus.OK:
        data = (call.state.channels.join(channels.key_of(call.context, message.path)) or "").encode()
    return pluginv2.SubscribeStreamResponse(status=int(response.status), data=data)


def _subscription(call: ActiveCall, message: Any) -> SubscribeStreamResponse:
    abilities = call.plugin().abilities
    if abilities.has("subscribe_stream"):
        handler = call.instance().handler("subscribe_stream")
        response = handler(call, proto_in.subscribe_stream(message, call.context, call))
        if not isinstance(response, SubscribeStreamResponse):
            raise TypeError(
                f"subscribe_stream returned {type(response).__name__}, not SubscribeStreamResponse"
            )
        return response
    try:
        check_channel(message.path)
    except ValueError as error:
        _log.log("warn", str(error))
        return SubscribeStreamResponse(StreamStatus.NOT_FOUND, {"message": str(error)})
    if abilities.channels:
        if find_route(list(abilities.channels), message.path):
            return SubscribeStreamResponse(StreamStatus.OK)
        # Grafana reads only the status; the message is for the plugin's developer.
        reason = _no_channel(abilities.channels, message.path)
        _log.log("warn", reason)
        return SubscribeStreamResponse(StreamStatus.NOT_FOUND, {"message": reason})
    if abilities.has("run_stream"):
        return SubscribeStreamResponse(StreamStatus.OK)
    raise UnimplementedError("this plugin does not implement streams")


class OpenStreams:
    """The channels that are running, up to a limit."""

    def __init__(self, limit: int = STREAM_LIMIT) -> None:
        self.limit = limit
        self._open: set[int] = set()

    def enter(self, key: int) -> bool:
        """Add a channel; return False if the limit is reached."""
        if len(self._open) >= self.limit:
            return False
        self._open.add(key)
        return True

    def leave(self, key: int) -> None:
        """Remove a channel."""
        self._open.discard(key)


def run_stream(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Iterator[Any]]:
    """Return the behaviour of RunStream: each value of the generator becomes one packet of JSON."""
    streams = OpenStreams()
    serve = request_scope.stream(state, _RUN, _packets)

    def behavior(message: Any, context: Any) -> Iterator[Any]:
        key = id(context)
        if not streams.enter(key):
            import grpc

            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"the plugin is already running {streams.limit} channels, which is its limit",
            )
        try:
            yield from serve(message, context)
        finally:
            streams.leave(key)

    return behavior


def _packets(call: ActiveCall, message: Any) -> Iterator[Any]:
    key = channels.key_of(call.context, message.path)
    state = call.state.channels.begin(key)
    try:
        for value in _values(call, proto_in.run_stream(message, call.context, call)):
            yield pluginv2.StreamPacket(data=encode_packet(value, state))
    finally:
        call.state.channels.end(key, state)


def _values(call: ActiveCall, request: RunStreamRequest) -> Iterator[Any]:
    abilities = call.plugin().abilities
    instance = call.instance()
    if abilities.has("run_stream"):
        yield from iteration.iterate(instance.target.run_stream(request), call)
        return
    if not abilities.channels:
        raise UnimplementedError("this plugin does not implement streams")
    for route, values in find_route(list(abilities.channels), request.path):
        method = getattr(instance.target, route.name)
        yield from iteration.iterate(method(**routes.stream_arguments(method, values, request)), call)
        return
    raise PluginError(_no_channel(abilities.channels, request.path), status=404)


def _no_channel(known: Sequence[Route], path: str) -> str:
    return f"no channel {path!r}; {routes.list_paths([route.path.strip('/') for route in known])}"


def encode_packet(value: Any, state: PacketState) -> bytes:
    """Return one packet: a frame's JSON (only the data while its schema stays the same), or any JSON.

    Raises:
        PluginError: the value is text or bytes but not JSON, for which Grafana would close the channel.
    """
    if hasattr(value, "to_json") and hasattr(value, "fields"):
        return _frame_packet(value, state)
    if isinstance(value, (bytes, str)):
        try:
            loads(value)
        except ValueError as error:
            raise PluginError("a channel accepts frames or JSON; this packet is neither") from error
        return value.encode() if isinstance(value, str) else value
    return json_bytes(value)


def _frame_packet(frame: Any, state: PacketState) -> bytes:
    schema: str = frame.to_json(include="schema")
    text: str = frame.to_json() if state.needs_schema(schema) else frame.to_json(include="data")
    return text.encode()


def publish_stream(state: SharedState, _pools: Pools) -> Callable[[Any, Any], Any]:
    """Return the behaviour of PublishStream; without a handler, publishing is not allowed."""
    return request_scope.unary(state, _PUBLISH, _publish)


def _publish(call: ActiveCall, message: Any) -> Any:
    abilities = call.plugin().abilities
    if not abilities.has("publish_stream"):
        if not abilities.channels and not abilities.has("run_stream"):
            raise UnimplementedError("this plugin does not implement streams")
        _log.log("debug", "publication refused: the plugin defines no publish_stream", path=message.path)
        return pluginv2.PublishStreamResponse(status=int(StreamStatus.PERMISSION_DENIED))
    handler = call.instance().handler("publish_stream")
    response = handler(call, proto_in.publish_stream(message, call.context, call))
    return pluginv2.PublishStreamResponse(status=int(response.status), data=response.data)
