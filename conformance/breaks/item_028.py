"""Shutdown is answered and forgotten."""

from plugin_sdk._serving.services import goplugin

goplugin.shutdown = lambda _stop: lambda _request, _context: b""
