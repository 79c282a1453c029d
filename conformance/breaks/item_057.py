"""gRPC's own limits."""

from plugin_sdk._serving import server

server._OPTIONS = ()
