"""One view of a built plugin, whether it is a folder or a zip."""

from __future__ import annotations

import json
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin_cli.errors import ProjectError


@dataclass(frozen=True)
class Entry:
    """A file of a built plugin.

    Attributes:
        mode: its permission bits; None where the place it lies in knows none.
        is_link: a symbolic link, wherever it leads.
    """

    size: int
    mode: int | None
    is_link: bool
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class BuiltPlugin:
    """A built plugin.

    Attributes:
        place: the folder or zip.
        entries: its files, by their place below plugin.json.
        top: the names on the top of the zip; None for a folder.
    """

    place: Path
    entries: dict[str, Entry]
    top: frozenset[str] | None = None

    def text(self, name: str) -> str:
        """Return a file's text."""
        return self.entries[name].read().decode("utf-8", "replace")

    def metadata(self) -> dict[str, Any] | None:
        """Return the parsed plugin.json, None where there is none or it is no JSON object."""
        try:
            parsed = json.loads(self.text("plugin.json"))
        except (KeyError, ValueError):
            return None
        return parsed if isinstance(parsed, dict) else None

    def executables(self) -> dict[str, str]:
        """Return the files that Grafana would start, by their `<os>_<arch>`."""
        name = (self.metadata() or {}).get("executable")
        if not isinstance(name, str) or not name:
            return {}
        found = (entry for entry in self.entries if "/" not in entry and entry.startswith(f"{name}_"))
        return {entry[len(name) + 1 :].removesuffix(".exe"): entry for entry in found}


def open_plugin(place: Path) -> BuiltPlugin:
    """Return the built plugin in the folder or zip `place`.

    Raises:
        ProjectError: it is neither, or the zip is damaged.
    """
    if place.is_dir():
        if (place / "src" / "plugin.json").is_file() and not (place / "plugin.json").is_file():
            raise ProjectError(
                f"{place} is a plugin's repository, not a built plugin",
                remedy=f"plugin-cli build   (and then: plugin-cli validate {place / 'dist'})",
            )
        return BuiltPlugin(place, _folder_entries(place))
    if not place.is_file():
        raise ProjectError(f"{place} does not exist", remedy="plugin-cli build   (or name a folder or zip)")
    try:
        return _open_zip(place)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ProjectError(
            f"{place} is no complete zip", why=str(error), remedy="plugin-cli package   (or fetch it again)"
        ) from error


def _folder_entries(folder: Path) -> dict[str, Entry]:
    entries = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            continue
        name = path.relative_to(folder).as_posix()
        is_link = stat.S_ISLNK(status.st_mode)
        entries[name] = Entry(status.st_size, stat.S_IMODE(status.st_mode), is_link, path.read_bytes)
    return entries


def _open_zip(place: Path) -> BuiltPlugin:
    archive = zipfile.ZipFile(place)
    broken = archive.testzip()
    if broken is not None:
        raise zipfile.BadZipFile(f"{broken} is damaged")
    entries, top = {}, set()
    for info in archive.infolist():
        first, _, rest = info.filename.partition("/")
        top.add(first)
        if info.is_dir() or not rest:
            continue
        mode = info.external_attr >> 16
        read = lambda info=info: archive.read(info)  # noqa: E731 - one more name would say no more
        entries[rest] = Entry(info.file_size, stat.S_IMODE(mode) or None, stat.S_ISLNK(mode), read)
    return BuiltPlugin(place, entries, frozenset(top))
