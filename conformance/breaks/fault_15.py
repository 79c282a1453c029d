"""It needs a folder to write to."""

import sys
from pathlib import Path

note = Path(sys.argv[0]).parent / "note"
note.touch()
note.unlink()
