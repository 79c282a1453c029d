"""A missing plugin context ends the process."""

import os

from plugin_sdk._serving import request_scope

plugin_context = request_scope.plugin_context
request_scope.plugin_context = lambda message: plugin_context(message) if message.pluginId else os._exit(1)
