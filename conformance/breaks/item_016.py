"""The sentence is another one."""

from plugin_sdk import _handshake

_handshake.NOT_EXECUTED_DIRECTLY = "This is a plugin.\n"
