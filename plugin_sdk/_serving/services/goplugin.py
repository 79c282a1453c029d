"""The services that go-plugin's client expects besides the plugin's own: health, controller, broker, stdio.

Their messages have one or two fields, so they are read and written as bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from plugin_sdk._serving.protobuf_writer import bytes_field

HEALTHY_SERVICES = (b"", b"\x0a\x06plugin")
"""HealthCheckRequest with service "" and "plugin"."""
_SERVING = b"\x08\x01"
_EMPTY = b""


def check(request: bytes, context: Any) -> bytes:
    """grpc.health.v1.Health/Check: SERVING for go-plugin's name and for the server as a whole."""
    if request not in HEALTHY_SERVICES:
        import grpc

        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return _SERVING


def watch(request: bytes, _context: Any, send: Callable[[bytes | None], None]) -> None:
    """grpc.health.v1.Health/Watch: sends SERVING and keeps the stream open without a thread."""
    # An unknown service is a response, SERVICE_UNKNOWN, not an error: it may appear later.
    send(_SERVING if request in HEALTHY_SERVICES else b"\x08\x03")


def shutdown(stop: Callable[[], None]) -> Callable[[bytes, Any], bytes]:
    """Return plugin.GRPCController/Shutdown, which responds before `stop` stops the process."""

    def behavior(_request: bytes, context: Any) -> bytes:
        # Only once the response is sent: the host waits for it.
        context.add_callback(stop)
        return _EMPTY

    return behavior


def start_stream(_requests: Any, _context: Any, _send: Callable[[bytes | None], None]) -> None:
    """plugin.GRPCBroker/StartStream: opened with the connection, kept open, never used by Grafana."""


class Stdio:
    """plugin.GRPCStdio/StreamStdio: what the plugin prints, for the one host that listens."""

    def __init__(self) -> None:
        self._send: Callable[[bytes | None], None] | None = None
        self._lock = threading.Lock()

    def stream(self, _request: bytes, context: Any, send: Callable[[bytes | None], None]) -> None:
        """Keep the listener until its connection ends, without a thread."""
        with self._lock:
            self._send = send
        context.add_callback(self._forget)

    def _forget(self) -> None:
        with self._lock:
            self._send = None

    def write(self, data: bytes) -> None:
        """Send what was printed to the listener, if there is one."""
        with self._lock:
            send = self._send
        if send is None or not data:
            return
        send(b"\x08\x01" + bytes_field(2, data))
