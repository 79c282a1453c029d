"""Shorter paths only."""

from plugin_sdk._process import handshake

handshake.MAX_SOCKET_PATH_BYTES = 100
