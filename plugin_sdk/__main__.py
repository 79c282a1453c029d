"""`python -m plugin_sdk package.module:Class` serves a plugin that has no main module."""

from __future__ import annotations

import sys

from plugin_sdk import serve

if __name__ == "__main__":
    if len(sys.argv) < 2 or ":" not in sys.argv[1]:
        sys.exit("usage: python -m plugin_sdk package.module:Class")
    serve(sys.argv.pop(1))
