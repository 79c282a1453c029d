"""Whether an environment still holds what was installed: files vanish, and runs are cut short."""

from __future__ import annotations

import csv
import os
import re
import sys
from pathlib import Path

UNFINISHED = ".plugin-cli.unfinished"


def site_packages(environment: Path) -> Path | None:
    """Return the folder of an environment's packages; None where there is none."""
    if sys.platform == "win32":
        found = [environment / "Lib" / "site-packages"]
    else:
        found = sorted((environment / "lib").glob("python*/site-packages"))
    return next((folder for folder in found if folder.is_dir()), None)


def listing(environment: Path) -> dict[str, int]:
    """Return the names on the top of the packages' folder: of a folder how many it holds, of a file its size.

    It changes whenever a package or a part of one comes or goes, and costs some milliseconds.
    """
    folder = site_packages(environment)
    if folder is None:
        return {}
    with os.scandir(folder) as found:
        return {
            item.name: _count(item.path) if item.is_dir() else item.stat(follow_symlinks=False).st_size
            for item in found
            if item.name != "__pycache__"
        }


def _count(folder: str) -> int:
    with os.scandir(folder) as found:
        return sum(item.name != "__pycache__" for item in found)


def distributions(environment: Path) -> set[str]:
    """Return the installed distributions as uv names them, each with its version."""
    folder = site_packages(environment)
    return {path.stem for path in folder.glob("*.dist-info")} if folder is not None else set()


def damaged_packages(environment: Path) -> list[str]:
    """Return the names of installed packages of which a file is missing, or the list of files."""
    folder = site_packages(environment)
    if folder is None:
        return []
    infos = sorted(folder.glob("*.dist-info"))
    return [re.sub(r"-[^-]*$", "", info.stem) for info in infos if not _is_whole(info)]


def _is_whole(info: Path) -> bool:
    try:
        rows = list(csv.reader((info / "RECORD").read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError, csv.Error):
        return False
    names = (row[0] for row in rows if row and not row[0].endswith(".pyc"))
    return (info / "METADATA").is_file() and all((info.parent / name).exists() for name in names)


class Unfinished:
    """A mark in an environment while it is changed; if the next run finds it, the last one was cut short."""

    def __init__(self, environment: Path) -> None:
        self._path = environment / UNFINISHED

    def owner(self) -> str | None:
        """Return whose environment a run did not finish, `ours` or `author`; None without such a run."""
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None
        return "ours" if text == "ours" else "author"

    def begin(self, owner: str) -> None:
        """Set the mark; before and after the folder itself is made."""
        if self._path.parent.is_dir():
            self._path.write_text(owner, encoding="utf-8")

    def end(self) -> None:
        """Take the mark away."""
        self._path.unlink(missing_ok=True)
