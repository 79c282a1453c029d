"""The line names another protocol."""

from plugin_sdk import _handshake

_handshake.line = lambda network, address: f"1|2|{network}|{address}|netrpc\n"
