"""The socket stays where it is."""

import os

from plugin_sdk import _serve, _stderr

_stderr.Stderr.remove_at_end = lambda _self, _path: None
_serve.end = lambda *_, **__: os._exit(0)
