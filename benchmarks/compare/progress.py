"""What is being done, on stderr: the results are on stdout."""

from __future__ import annotations

import sys


def progress(text: str) -> None:
    """Write one line."""
    print(text, file=sys.stderr, flush=True)
