"""The host side of the plugin protocol: what Grafana does with a plugin.

A command line and settings go in; results and log lines come out. `PluginProcess` starts the plugin through
the handshake, `PluginClient` makes the calls. Used by the command line tool and by authors' tests.
"""

from __future__ import annotations

from plugin_sdk.client.client import CHANNEL_OPTIONS, ClientError, PluginClient, QueryResult, last, settings
from plugin_sdk.client.process import HOST_VARIABLES, LogLine, PluginProcess, PluginStartError, source_command
from plugin_sdk.client.proto_out import plugin_context

__all__ = [
    "CHANNEL_OPTIONS",
    "HOST_VARIABLES",
    "ClientError",
    "LogLine",
    "PluginClient",
    "PluginProcess",
    "PluginStartError",
    "QueryResult",
    "last",
    "plugin_context",
    "settings",
    "source_command",
]
