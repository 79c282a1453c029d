"""The socket stays where it is."""

import os

from plugin_sdk._process import main, stderr

stderr.Stderr.remove_at_end = lambda _self, _path: None
main.stop_process = lambda *_, **__: os._exit(0)
