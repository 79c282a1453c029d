"""A bare grpcio server that sends ready bytes: what grpcio itself takes of a call, beside the plugins.

It is started by the measurements of `scripts/bench`, as a plugin.
"""

from __future__ import annotations

import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import grpc

from plugin_sdk._proto import pluginv2
from plugin_sdk._serving.protobuf_writer import EncodedResponse, query_data_response
from plugin_sdk.data import Field, Frame

_TIMES = [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)]
_FRAME = Frame("berlin", Field("time", _TIMES), Field("value", [10.0, 20.0]), ref_id="A").to_arrow()
_READY = {
    "/pluginv2.Data/QueryData": query_data_response([("A", EncodedResponse((_FRAME,)))]),
    "/pluginv2.Diagnostics/CheckHealth": pluginv2.CheckHealthResponse(status=1).SerializeToString(),
    "/grpc.health.v1.Health/Check": b"\x08\x01",
}


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers known methods, whatever was asked, and ends with the host."""

    def service(self, details: Any) -> Any:
        if details.method == "/plugin.GRPCController/Shutdown":
            return grpc.unary_unary_rpc_method_handler(lambda _message, _context: os._exit(0))
        ready = _READY.get(details.method)
        return None if ready is None else grpc.unary_unary_rpc_method_handler(lambda *_given: ready)


def main() -> None:
    """Serve until the host ends."""
    path = os.path.join(tempfile.mkdtemp(prefix="floor"), "socket")  # noqa: PTH118
    server = grpc.server(ThreadPoolExecutor(64))
    server.add_generic_rpc_handlers((_Handlers(),))
    server.add_insecure_port(f"unix:{path}")
    server.start()
    sys.stdout.write(f"1|2|unix|{path}|grpc\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
