"""The end waits for every thread."""

import sys

from plugin_sdk import _serve

_serve.end = lambda *_, **__: sys.exit(0)
