"""Only the server as a whole is healthy."""

from plugin_sdk._services import goplugin

goplugin.HEALTHY_SERVICES = (b"",)
