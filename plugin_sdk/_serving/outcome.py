"""How a request ended, and the gRPC status that an exception becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

from plugin_sdk._serving.protobuf_writer import bytes_field
from plugin_sdk.errors import ErrorSource, is_deliberate, source_of, text_of


class UnimplementedError(Exception):
    """The plugin has no handler for the request; Grafana treats such a plugin accordingly."""


@dataclass(slots=True)
class Outcome:
    """How a request ended, for its log line and its metrics: `ok`, `error` or `cancelled`."""

    status: str = "ok"
    source: ErrorSource | None = None
    error: str = ""
    code: str = "OK"

    def record_error(self, error: str, source: ErrorSource) -> None:
        """Record an error; the plugin's own take precedence over those of downstream systems."""
        self.status = "error"
        if self.source is not ErrorSource.PLUGIN:
            self.source, self.error = source, error

    def record_cancelled(self) -> None:
        """Record that the caller disconnected."""
        self.status, self.source, self.error, self.code = (
            "cancelled",
            ErrorSource.DOWNSTREAM,
            "cancelled",
            "Canceled",
        )


def error_details(code: int, message: str, source: ErrorSource) -> bytes:
    """Return a serialised google.rpc.Status whose ErrorInfo names the error's source in its metadata."""
    entry = bytes_field(1, b"errorSource") + bytes_field(2, source.value.encode())
    info = bytes_field(3, entry)
    packed = bytes_field(1, b"type.googleapis.com/google.rpc.ErrorInfo") + bytes_field(2, info)
    return bytes((0x08, code)) + bytes_field(2, message.encode()) + bytes_field(3, packed)


def abort(context: Any, error: BaseException) -> NoReturn:
    """End the RPC with the status that a Go plugin would give it; always raise, as gRPC's abort does.

    A deliberate error keeps its text and carries its source; anything else is what Go calls a panic.
    """
    import grpc

    if not context.is_active():
        context.abort(grpc.StatusCode.CANCELLED, "the caller cancelled the request")
    if isinstance(error, UnimplementedError):
        context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))
    source = source_of(error)
    deliberate = any(link is not None and is_deliberate(link) for link in (error, error.__cause__))
    text = text_of(error)
    if deliberate:
        details = error_details(grpc.StatusCode.UNKNOWN.value[0], text, source)
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(grpc.StatusCode.UNKNOWN, text if deliberate else f"panic triggered: {text}")
    raise AssertionError("gRPC's abort returned")
