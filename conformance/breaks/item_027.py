"""Only the server as a whole is healthy."""

from plugin_sdk._serving.services import goplugin

goplugin.HEALTHY_SERVICES = (b"",)
