"""The Stream service: channels are subscribed to, run once for all subscribers, and published to."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from plugin_sdk import _log
from plugin_sdk._json_text import loads
from plugin_sdk._proto import pluginv2
from plugin_sdk._serving import channels, proto_in, request_scope
from plugin_sdk._serving.channels import PacketState
from plugin_sdk._serving.outcome import UnimplementedError
from plugin_sdk._serving.pools import STREAM_LIMIT, Pool, Pools
from plugin_sdk._serving.request_scope import ActiveCall, Rpc
from plugin_sdk._serving.services import channel_task, iteration, routes
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk._serving.transport import message_sender
from plugin_sdk.channel_names import check_channel
from plugin_sdk.errors import PluginError
from plugin_sdk.messages import RunStreamRequest, StreamStatus, SubscribeStreamResponse, json_bytes
from plugin_sdk.routing import Route, find_route

Send = Callable[[Any], None]
"""Sends one message and waits until it is sent; None ends the RPC."""

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


def run_stream(state: SharedState, pools: Pools) -> Callable[[Any, Any, Send], None]:
    """Return the behaviour of RunStream: each value of the generator becomes one packet of JSON.

    An async generator is drained by a task of the event loop, any other in the thread that calls this.
    """
    streams = OpenStreams()

    def behavior(message: Any, context: Any, send: Send) -> None:
        key = id(context)
        if not streams.enter(key):
            import grpc

            context.abort(
                grpc.StatusCode.RESOURCE_EXHAUSTED,
                f"the plugin is already running {streams.limit} channels, which is its limit",
            )
        channel = _Channel(state, message, context, send, on_end=lambda: streams.leave(key))
        channel.run(pools.streams)

    return behavior


class _Channel:
    """One channel that runs."""

    def __init__(
        self, state: SharedState, message: Any, context: Any, send: Send, on_end: Callable[[], None]
    ) -> None:
        self._message = message
        self._context = context
        self._send = send
        self._on_end = on_end
        try:
            self._call = request_scope.begin(state, _RUN, message, context)
        except BaseException:
            on_end()
            raise
        self._call.sent = 0
        self._key = channels.key_of(self._call.context, message.path)
        self._packets = state.channels.begin(self._key)

    def run(self, pool: Pool) -> None:
        """Send every packet, or leave that to a task; raise what ends the RPC with an error."""
        call, context = self._call, self._context
        try:
            values = _values(call, proto_in.run_stream(self._message, call.context, call))
            if hasattr(values, "__aiter__") and message_sender.is_supported(context):
                channel_task.start(call, context, values.__aiter__(), self._encode, pool, self._task_ended)
                return
            self._drain(iteration.iterate(values, call))
        except BaseException as error:
            request_scope.fail(call, context, error, then=self._end)
        else:
            self._end()
            self._send(None)

    def _drain(self, values: Iterator[Any]) -> None:
        with contextlib.closing(values) as parts:  # type: ignore[type-var]  # a generator
            for value in parts:
                self._call.sent += 1
                self._send(pluginv2.StreamPacket(data=self._encode(value)))
                if self._call.is_cancelled():
                    return

    def _encode(self, value: Any) -> bytes:
        return encode_packet(value, self._packets)

    def _task_ended(self, error: BaseException | None) -> None:
        # Outside of a behaviour, grpcio does not send the status of an abort.
        with contextlib.suppress(Exception):
            if error is not None:
                request_scope.fail(self._call, self._context, error, then=self._end)
            else:
                self._end()
        self._send(None)

    def _end(self) -> None:
        self._call.state.channels.end(self._key, self._packets)
        request_scope.end(self._call)
        self._on_end()


def _values(call: ActiveCall, request: RunStreamRequest) -> Any:
    """Return what the author's method returns for a channel."""
    abilities = call.plugin().abilities
    instance = call.instance()
    if abilities.has("run_stream"):
        return iteration.awaited(instance.target.run_stream(request), call)
    if not abilities.channels:
        raise UnimplementedError("this plugin does not implement streams")
    for route, values in find_route(list(abilities.channels), request.path):
        method = getattr(instance.target, route.name)
        return iteration.awaited(method(**routes.stream_arguments(method, values, request)), call)
    raise PluginError(_no_channel(abilities.channels, request.path), status=404)


def _no_channel(known: Sequence[Route], path: str) -> str:
    return f"no channel {path!r}; {routes.list_paths([route.path.strip('/') for route in known])}"


def encode_packet(value: Any, state: PacketState) -> bytes:
    """Return one packet: a frame's JSON (only the data while its schema stays the same), or any JSON.

    Raises:
        PluginError: the value is text or bytes but not JSON, for which Grafana would close the channel.
    """
    frame = _frame_of(value)
    if frame is not None:
        return _frame_packet(frame, state)
    if isinstance(value, (bytes, str)):
        try:
            loads(value)
        except ValueError as error:
            raise PluginError("a channel accepts frames or JSON; this packet is neither") from error
        return value.encode() if isinstance(value, str) else value
    return json_bytes(value)


def _frame_of(value: Any) -> Any:
    """Return a frame, or a table as one; None for any other JSON.

    Raises:
        PluginError: the value is a list of tables, of which a channel shows one at a time.
    """
    from plugin_sdk.data import Frame
    from plugin_sdk.data._query_result import is_table

    if isinstance(value, Frame):
        return value
    if isinstance(value, list | tuple) and any(map(is_table, value)):
        raise PluginError("a packet of a channel is one frame; yield the frames one by one")
    return Frame.from_any(value) if is_table(value) else None


def _frame_packet(frame: Any, state: PacketState) -> bytes:
    checked = frame.check() if hasattr(frame, "check") else frame
    schema = state.schema_of(checked)
    text: str = checked.to_json() if state.needs_schema(schema) else checked.to_json(include="data")
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
