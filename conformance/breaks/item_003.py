"""The host's range of ports is not looked at."""

from plugin_sdk._process import handshake

handshake._bind_tcp = lambda server, _environ: f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
