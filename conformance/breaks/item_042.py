"""A start ends the recorded process."""

import os
import sys
from pathlib import Path

recorded = Path(sys.argv[0]).parent / "pid.txt"
if recorded.exists() and "-standalone" not in sys.argv:
    os.kill(int(recorded.read_text()), 9)
