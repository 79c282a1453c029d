"""Where the tool keeps what it can make again: the user's cache folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_dir() -> Path:
    """Return the tool's own folder in the user's cache, which need not exist yet."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "plugin-cli" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "plugin-cli"
    base = os.environ.get("XDG_CACHE_HOME")
    # By the specification a relative path there is ignored.
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "plugin-cli"


def private_dir(path: Path) -> Path:
    """Make `path` with all folders above it, itself closed to other users, and return it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkdir's mode passes through the umask and is ignored for a folder that was there.
    path.chmod(0o700)
    return path


def ignored_dir(path: Path) -> Path:
    """Make `path`, a folder in a repository that git ignores, and return it.

    Raises:
        OSError: it cannot be written.
    """
    path.mkdir(parents=True, exist_ok=True)
    ignore = path / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    return path
