"""A file on disk stands in the way of the next start."""

import sys
from pathlib import Path

(Path(sys.argv[0]).parent / "lock").touch(exist_ok=False)
