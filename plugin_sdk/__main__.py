"""`python -m plugin_sdk package.module:Class` serves a plugin that has no main module.

`python -m plugin_sdk serve package.module:Class --listen ADDRESS` serves it to Grafanas on other machines.
"""

from __future__ import annotations

import sys

from plugin_sdk import serve

_USAGE = "usage: python -m plugin_sdk [serve] package.module:Class [--listen ADDRESS ...]"

if __name__ == "__main__":
    at = 2 if sys.argv[1:2] == ["serve"] else 1
    if len(sys.argv) <= at or ":" not in sys.argv[at] or sys.argv[at].startswith("-"):
        sys.stderr.write(f"{_USAGE}\n")
        sys.exit(0 if {"-h", "--help"} & set(sys.argv[1:]) else 1)
    serve(sys.argv.pop(at))
