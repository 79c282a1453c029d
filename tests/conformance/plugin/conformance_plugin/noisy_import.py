"""Prints while it is imported, as many libraries do, and takes its time."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from conformance_plugin.others import Empty

print("a banner of a library")  # noqa: T201  # the fault itself
os.write(1, b"and one from C\n\n")
subprocess.run(["/bin/echo", "and one from a child"], check=True)
print("something on stderr", file=sys.stderr)  # noqa: T201
time.sleep(float(os.environ.get("GF_PLUGIN_CONFORMANCE_IMPORT_SECONDS", "0")))


class Noisy(Empty):
    """Works once it is imported."""
