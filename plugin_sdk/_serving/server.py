"""The gRPC server of a plugin: which behaviour serves which method, in which pool."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from plugin_sdk._proto import pluginv2
from plugin_sdk._serving.lazy.lazy_grpc import import_grpc
from plugin_sdk._serving.pools import Pools, in_pool, sending
from plugin_sdk._serving.services import goplugin, reflection
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk._serving.transport import received_first

if TYPE_CHECKING:
    from plugin_sdk._serving.services.health import Health

MAX_RECEIVE_BYTES = 16 * 1024 * 1024
"""The Go SDK's limit for requests; responses have no limit."""

_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_RECEIVE_BYTES),
    ("grpc.max_send_message_length", -1),
    # Forwarded cookies and tokens exceed gRPC's default of 8 KiB.
    ("grpc.max_metadata_size", 1024 * 1024),
    ("grpc.absolute_max_metadata_size", 2 * 1024 * 1024),
    ("grpc.so_reuseport", 0),
    # By default gRPC cancels calls at random where a thousand wait to be taken, and each after 30 s: a burst
    # would look cancelled by its users.
    ("grpc.server.max_pending_requests", 1_000_000),
    ("grpc.server.max_pending_requests_hard_limit", 1_000_000),
    ("grpc.server_max_unrequested_time_in_server", 600),
)


class MethodTable:
    """The handlers of all methods by full name, as grpcio looks them up."""

    def __init__(self, grpc: Any) -> None:
        self._grpc = grpc
        self._methods: dict[str, Any] = {}

    def unary(
        self, method: str, behavior: Callable[..., Any], request: Any = None, response: Any = None
    ) -> None:
        """Serve a unary method; without message classes, it takes and returns bytes."""
        self._methods[method] = self._grpc.unary_unary_rpc_method_handler(
            behavior, request and request.FromString, response and response.SerializeToString
        )

    def streaming(
        self, method: str, behavior: Callable[..., Any], request: Any = None, response: Any = None
    ) -> None:
        """Serve a method whose response is a stream."""
        self._methods[method] = self._grpc.unary_stream_rpc_method_handler(
            behavior, request and request.FromString, response and response.SerializeToString
        )

    def idle(self, method: str, behavior: Callable[..., Any], *, both_ways: bool = False) -> None:
        """Serve a stream that occupies no thread: it stays open after `behavior(request, context, send)`."""
        handler = _without_thread(behavior)
        make = (
            self._grpc.stream_stream_rpc_method_handler
            if both_ways
            else self._grpc.unary_stream_rpc_method_handler
        )
        self._methods[method] = make(handler)

    def conversation(self, method: str, behavior: Callable[..., Any]) -> None:
        """Serve a method that streams bytes in both directions."""
        self._methods[method] = self._grpc.stream_stream_rpc_method_handler(behavior)

    def service(self, details: Any) -> Any:
        """Return the handler of a method, or None, for which gRPC responds UNIMPLEMENTED."""
        return self._methods.get(details.method)

    def names(self) -> list[str]:
        """Return the names of all services."""
        return sorted({method.split("/")[1] for method in self._methods})


def _without_thread(behavior: Callable[..., Any]) -> Callable[..., Any]:
    def handler(request: Any, context: Any, send: Callable[[Any], None]) -> None:
        behavior(request, context, send)

    handler.experimental_non_blocking = True  # type: ignore[attr-defined]
    return handler


def build(
    state: SharedState,
    *,
    stop: Callable[[], None] | None,
    stdio: goplugin.Stdio | None,
    health: Health | None = None,
    options: tuple[tuple[str, int], ...] = (),
) -> tuple[Any, Pools]:
    """Return an unstarted server for `state`, and its pools.

    Args:
        state: the plugin to serve.
        stop: stops the process; if None, there is no controller, for a backend that outlives its host.
        stdio: receives printed output; if None, all of go-plugin's services are left out.
        health: answers health checks; if None, the server is healthy as long as it answers.
        options: of the server, over those that every plugin has.
    """
    grpc = import_grpc()
    received_first.install()
    pools = Pools.create()
    table = MethodTable(grpc)
    _add_plugin_services(table, state, pools)
    if stdio is not None:
        _add_goplugin_services(table, stop, stdio, pools)
    watch, check = (goplugin.watch, goplugin.check) if health is None else (health.watch, health.check)
    table.idle("/grpc.health.v1.Health/Watch", watch)
    table.unary("/grpc.health.v1.Health/Check", in_pool(pools.control, check))
    for method in reflection.METHODS:
        # Not in the control pool: a tool may keep its stream open, and Shutdown needs a thread.
        table.conversation(method, in_pool(pools.streams, reflection.reflection(table.names), streaming=True))
    server = grpc.server(pools.control, options=tuple({**dict(_OPTIONS), **dict(options)}.items()))
    server.add_generic_rpc_handlers((_as_generic(grpc, table),))
    return server, pools


def _as_generic(grpc: Any, table: MethodTable) -> Any:
    # Defined here, because the base class exists only once grpc is imported.
    class Generic(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, details: Any) -> Any:
            return table.service(details)

    return Generic()


def _add_goplugin_services(
    table: MethodTable, stop: Callable[[], None] | None, stdio: goplugin.Stdio, pools: Pools
) -> None:
    table.idle("/plugin.GRPCBroker/StartStream", goplugin.start_stream, both_ways=True)
    table.idle("/plugin.GRPCStdio/StreamStdio", stdio.stream)
    if stop is not None:
        table.unary("/plugin.GRPCController/Shutdown", in_pool(pools.control, goplugin.shutdown(stop)))


class _Method(NamedTuple):
    """One method of the plugin's services, and the function that returns its behaviour.

    The module is imported after the handshake, or with the first call: Grafana's start does not need it. One
    that `sends` gets a function for its messages instead of returning them.
    """

    name: str
    module: str
    factory: str
    pool: str
    request: str
    response: str = ""
    streaming: bool = False
    sends: bool = False

    def behavior(self, state: SharedState, pools: Pools) -> Callable[..., Any]:
        """Return the behaviour that grpcio calls."""
        made: list[Callable[..., Any]] = []

        def call(message: Any, context: Any, *send: Any) -> Any:
            if not made:
                module = importlib.import_module(f"plugin_sdk._serving.services.{self.module}")
                made.append(getattr(module, self.factory)(state, pools))
            return made[0](message, context, *send)

        if self.sends:
            return sending(getattr(pools, self.pool), call)
        return in_pool(getattr(pools, self.pool), call, streaming=self.streaming)


_METHODS = (
    # QueryData's response is serialised by hand, so it has no message class.
    _Method("Data/QueryData", "data", "query_data", "queries", "QueryDataRequest"),
    _Method(
        "Data/QueryChunkedData",
        "data",
        "query_chunked_data",
        "queries",
        "QueryChunkedDataRequest",
        "QueryChunkedDataResponse",
        streaming=True,
    ),
    _Method(
        "Diagnostics/CheckHealth",
        "diagnostics",
        "check_health",
        "health",
        "CheckHealthRequest",
        "CheckHealthResponse",
    ),
    _Method(
        "Diagnostics/CollectMetrics",
        "diagnostics",
        "collect_metrics",
        "health",
        "CollectMetricsRequest",
        "CollectMetricsResponse",
    ),
    _Method(
        "Resource/CallResource",
        "resource",
        "call_resource",
        "queries",
        "CallResourceRequest",
        "CallResourceResponse",
        streaming=True,
    ),
    _Method(
        "Stream/SubscribeStream",
        "stream",
        "subscribe_stream",
        "queries",
        "SubscribeStreamRequest",
        "SubscribeStreamResponse",
    ),
    _Method(
        "Stream/RunStream",
        "stream",
        "run_stream",
        "streams",
        "RunStreamRequest",
        "StreamPacket",
        streaming=True,
        sends=True,
    ),
    _Method(
        "Stream/PublishStream",
        "stream",
        "publish_stream",
        "queries",
        "PublishStreamRequest",
        "PublishStreamResponse",
    ),
    _Method(
        "AdmissionControl/ValidateAdmission",
        "admission",
        "validate_admission",
        "queries",
        "AdmissionRequest",
        "ValidationResponse",
    ),
    _Method(
        "AdmissionControl/MutateAdmission",
        "admission",
        "mutate_admission",
        "queries",
        "AdmissionRequest",
        "MutationResponse",
    ),
    _Method(
        "ResourceConversion/ConvertObjects",
        "admission",
        "convert_objects",
        "queries",
        "ConversionRequest",
        "ConversionResponse",
    ),
)


SERVICE_NAMES = tuple(sorted({f"pluginv2.{method.name.partition('/')[0]}" for method in _METHODS}))
"""The services of every plugin."""


def _add_plugin_services(table: MethodTable, state: SharedState, pools: Pools) -> None:
    for method in _METHODS:
        add = table.streaming if method.streaming else table.unary
        add(
            f"/pluginv2.{method.name}",
            method.behavior(state, pools),
            getattr(pluginv2, method.request),
            getattr(pluginv2, method.response) if method.response else None,
        )


def preload() -> None:
    """Import what every request needs, so that the first one does not wait for it."""
    for name in ("_serving.services.diagnostics", "_serving.services.data", "data", "_serving.models.parse"):
        importlib.import_module(f"plugin_sdk.{name}")
