"""The line is printed without listening."""

from plugin_sdk import _handshake

_handshake.bind = lambda _server, _environ: ("unix", "/tmp/plugin-nobody-listens")
