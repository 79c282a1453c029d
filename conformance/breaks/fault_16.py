"""Shorter paths only."""

from plugin_sdk import _handshake

_handshake.MAX_SOCKET_PATH_BYTES = 100
