"""Small JSON files that one process writes and others read at any moment."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from plugin_cli.system.parse import parse_json


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in the file; None where there is none."""
    try:
        document = parse_json(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write the object; a reader sees the file before or after, never half of it.

    Raises:
        OSError: the disk is full, or the folder cannot be written; the file is as it was.
    """
    aside = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        aside.write_text(json.dumps(document), encoding="utf-8")
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise
