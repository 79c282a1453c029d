"""Serves a plugin in this process, with access to its channel, its state and the messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc

from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.metrics import Metrics
from plugin_sdk._serving.server import build
from plugin_sdk._serving.services.goplugin import Stdio
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk.client import CHANNEL_OPTIONS
from plugin_sdk.client.proto_out import plugin_context
from plugin_sdk.testing import PluginClient, settings

SECONDS = 60
"""How long anything may take before a test fails; nothing takes that long if all is well."""


@dataclass
class Served:
    """One served plugin."""

    channel: Any  # a grpc.Channel; its stubs have no calls without serializers
    client: PluginClient
    state: SharedState

    def unary(self, method: str, request: Any, response: Any, metadata: Any = ()) -> Any:
        return self.future(method, request, response, metadata).result(SECONDS)

    def future(self, method: str, request: Any, response: Any, metadata: Any = ()) -> Any:
        call = self.channel.unary_unary(
            f"/pluginv2.{method}", lambda message: message.SerializeToString(), response.FromString
        )
        return call.future(request, timeout=SECONDS, metadata=metadata)

    def stream(self, method: str, request: Any, response: Any) -> Any:
        call = self.channel.unary_stream(
            f"/pluginv2.{method}", lambda message: message.SerializeToString(), response.FromString
        )
        return call(request, timeout=SECONDS)


@contextmanager
def serving(
    plugin: str | type,
    *,
    metrics: Metrics | None = None,
    stop: Callable[[], None] | None = None,
    stdio: Stdio | None = None,
) -> Iterator[Served]:
    """Serve a class, or the class that an import string names."""
    state = SharedState(plugin)
    state.metrics = metrics
    state.loader.start()
    server, pools = build(state, stop=stop, stdio=stdio)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS) as channel:
            yield Served(channel, PluginClient(channel, timeout_seconds=SECONDS), state)
    finally:
        server.stop(grace=0).wait()
        state.close()
        pools.close()


def context(**json_data: Any) -> Any:
    """Return the protobuf plugin context with a data source of these settings."""
    return plugin_context("test-plugin", settings(json_data))


def query_request(*queries: tuple[str, bytes], data_format: int = 0, kind: Any = p.QueryDataRequest) -> Any:
    """Return a request with queries given as refId and JSON."""
    request = kind(pluginContext=context(), format=data_format)
    for ref_id, text in queries:
        request.queries.add(refId=ref_id, json=text)
    return request
