"""Puts a finished dist/ in the place of the old one, whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from plugin_cli.errors import PluginCliError


def swap(made: Path, dist: Path, work: Path) -> None:
    """Move what is in `made` into `dist` and what was there away.

    The folder `dist` itself stays: a container that has it mounted sees the new files.

    Raises:
        PluginCliError: a file cannot be moved; `dist` is as it was.
    """
    try:
        dist.mkdir(parents=True, exist_ok=True)
        if os.stat(made).st_dev != os.stat(dist).st_dev:  # noqa: PTH116 - two numbers to compare
            made, work = _copied_beside(made, dist), dist
        old = work / ".old-dist"
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True)
        _exchange(made, dist, old)
    except OSError as error:
        raise PluginCliError(
            f"{dist} cannot be replaced; it is as it was",
            why=str(error),
            remedy="make the folder writable, see that the disk has room, and build again",
        ) from error
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


def _copied_beside(made: Path, dist: Path) -> Path:
    """Copy to the file system of `dist`: only there can files be moved without copying."""
    beside = dist / ".new-dist"
    shutil.rmtree(beside, ignore_errors=True)
    try:
        return Path(shutil.copytree(made, beside))
    except (OSError, shutil.Error) as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise OSError(f"the new files do not fit: {error}"[:300]) from error


def _exchange(made: Path, dist: Path, old: Path) -> None:
    moved: list[tuple[Path, Path]] = []
    try:
        for path in [entry for entry in dist.iterdir() if entry not in (made, old)]:
            moved.append((path, old / path.name))
            path.rename(old / path.name)
        for path in list(made.iterdir()):
            moved.append((path, dist / path.name))
            path.rename(dist / path.name)
    except OSError:
        for origin, target in reversed(moved):
            if target.exists() or target.is_symlink():
                target.rename(origin)
        raise
