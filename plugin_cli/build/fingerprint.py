"""Short texts that change when files do."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path


def tree_fingerprint(folder: Path) -> str:
    """Return a hash of the names, sizes and times of all files below `folder` (or of the file)."""
    digest = hashlib.sha256()
    for name, status in sorted(_entries(folder)):
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _entries(folder: Path) -> Iterable[tuple[str, os.stat_result]]:
    if not folder.is_dir():
        yield folder.name, folder.stat()
        return
    base = len(str(folder)) + 1
    for location, _, names in os.walk(folder):
        for name in names:
            path = f"{location}/{name}"
            yield path[base:], os.lstat(path)


def content_fingerprint(files: Iterable[tuple[str, Path]]) -> str:
    """Return a hash of the names and contents of `files`."""
    digest = hashlib.sha256()
    for name, path in sorted(files):
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def environment_fingerprint(environment: Path) -> str:
    """Return a hash of the packages in a virtual environment, wherever it lies: their names and versions.

    The tool itself may be one that changes without a new version; what its wheel held counts.
    """
    digest = hashlib.sha256()
    for folder in sorted(environment.glob("[Ll]ib/**/site-packages/*.dist-info")):
        digest.update(f"{folder.name}\n".encode())
        if folder.name.startswith("grafana_plugin_cli-"):
            # Scripts, listed outside the packages' folder, have the environment's path in them.
            lines = (folder / "RECORD").read_bytes().splitlines()
            digest.update(b"\n".join(sorted(line for line in lines if not line.startswith(b".."))))
    return digest.hexdigest()
