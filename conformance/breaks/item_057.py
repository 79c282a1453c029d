"""gRPC's own limits."""

from plugin_sdk import _server

_server._OPTIONS = ()
