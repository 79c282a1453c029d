"""A lock on disk stands in the way of the next start."""

import os
from pathlib import Path

if "PLUGIN_UNIX_SOCKET_DIR" in os.environ:
    Path(os.environ["PLUGIN_UNIX_SOCKET_DIR"], "lock").touch(exist_ok=False)
