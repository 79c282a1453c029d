"""A missing plugin context ends the process."""

import os

from plugin_sdk._serving import proto_in

plugin_context = proto_in.plugin_context
proto_in.plugin_context = lambda message: plugin_context(message) if message.pluginId else os._exit(1)
