"""The gate as it would be in Python on grpcio: what the Go one is measured against, and nothing else."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def service(self, details: Any) -> Any:
        method = details.method
        if method.endswith(("QueryData", "CheckHealth", "CollectMetrics")):
            call = self._channel.unary_unary(method)

            def unary(request: bytes, _context: Any) -> bytes:
                return bytes(call(request))

            return grpc.unary_unary_rpc_method_handler(unary)
        stream = self._channel.unary_stream(method)

        def many(request: bytes, _context: Any) -> Iterator[bytes]:
            yield from stream(request)

        return grpc.unary_stream_rpc_method_handler(many)


def main() -> None:
    channel = grpc.insecure_channel(os.environ["GF_PLUGIN_BACKEND"], options=_OPTIONS)
    server = grpc.server(ThreadPoolExecutor(64), options=_OPTIONS)
    server.add_generic_rpc_handlers((_Handlers(channel),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"1|2|tcp|127.0.0.1:{port}|grpc|\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
