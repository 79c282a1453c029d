"""Constants of the handshake of hashicorp/go-plugin, under its names, for both plugin and host."""

from __future__ import annotations

MAGIC_COOKIE_KEY = "grafana_plugin_type"
MAGIC_COOKIE_VALUE = "datasource"
CORE_PROTOCOL_VERSION = 1
APP_PROTOCOL_VERSION = 2
