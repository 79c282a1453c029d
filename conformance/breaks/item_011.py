"""The line names another protocol."""

from plugin_sdk._process import handshake

handshake.line = lambda network, address: f"1|2|{network}|{address}|netrpc\n"
