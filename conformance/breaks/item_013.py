"""The socket lies elsewhere."""

import os

from plugin_sdk import _handshake

_handshake._socket_path = lambda _folder: "/tmp/plugin" + os.urandom(6).hex()
