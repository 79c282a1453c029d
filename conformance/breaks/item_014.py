"""The line is printed without listening."""

from plugin_sdk._process import handshake

handshake.bind = lambda _server, _environ: ("unix", "/tmp/plugin-nobody-listens")
