"""Serves a plugin class in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from plugin_sdk.client.client import CHANNEL_OPTIONS, PluginClient


@contextmanager
def in_process(plugin: type, *, plugin_id: str = "test-plugin") -> Iterator[PluginClient]:
    """Serve a `DataSource` or `App` class in this process and yield a client for it.

    Requests go through the real services over a loopback connection; breakpoints in the class work.
    """
    import grpc

    from plugin_sdk._serving.server import build
    from plugin_sdk._serving.shared_state import SharedState

    state = SharedState(plugin)
    state.loader.start()
    server, pools = build(state, stop=None, stdio=None)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=CHANNEL_OPTIONS) as channel:
            yield PluginClient(channel, plugin_id=plugin_id)
    finally:
        server.stop(grace=0).wait()
        state.close()
        pools.close()
