"""The end waits for every thread."""

import sys

from plugin_sdk._process import main

main.stop_process = lambda *_, **__: sys.exit(0)
