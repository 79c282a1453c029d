"""The socket lies elsewhere."""

import os

from plugin_sdk._process import handshake

handshake._socket_path = lambda _folder: "/tmp/plugin" + os.urandom(6).hex()
