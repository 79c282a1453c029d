"""A built plugin that lies in a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from plugin_cli.release.built_plugin import BuiltPlugin, Entry, kind_of, opener
from plugin_cli.release.finding import Finding


def read_folder(folder: Path) -> BuiltPlugin:
    """Return what `folder` holds; files are opened when a rule first needs their content."""
    problems: list[Finding] = []
    entries = {entry.name: entry for entry in _entries(folder, "", problems)}
    return BuiltPlugin(folder, entries, tuple(entries), problems=tuple(problems))


def _entries(folder: Path, prefix: str, problems: list[Finding]) -> Iterator[Entry]:
    try:
        with os.scandir(folder) as found:
            items = sorted(found, key=lambda item: item.name)
    except OSError as error:
        problems.append(_unreadable(prefix or ".", error))
        return
    for item in items:
        name = f"{prefix}{item.name}"
        try:
            status = item.stat(follow_symlinks=False)
        except OSError as error:
            problems.append(_unreadable(name, error))
            continue
        path = Path(item.path)
        if stat.S_ISDIR(status.st_mode):
            yield from _entries(path, f"{name}/", problems)
            continue
        kind = kind_of(status.st_mode)
        if kind == "file" and not os.access(path, os.R_OK):
            problems.append(_unreadable(name, PermissionError(13, "Permission denied")))
        yield Entry(name, status.st_size, stat.S_IMODE(status.st_mode), kind, opener(path))


def _unreadable(name: str, error: OSError) -> Finding:
    return Finding(
        "readable", "error", name, f"cannot be read: {error.strerror or error}", "make it readable"
    )
