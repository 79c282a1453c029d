"""What `build` wrote about a bundle: plugin id, version, time, and the versions of what went in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def build_info() -> dict[str, Any]:
    """Return the build's facts; from source, where nothing was built, only the runtime's version."""
    from plugin_sdk._version import __version__

    folder = getattr(sys, "_MEIPASS", None)
    path = Path(folder) / "buildinfo.json" if folder else None
    if path is None or not path.is_file():
        return {"version": "source", "sdk": __version__}
    info: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return info
