"""The sentence is another one."""

from plugin_sdk._process import handshake

handshake.NOT_EXECUTED_DIRECTLY = "This is a plugin.\n"
