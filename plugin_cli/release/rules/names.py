"""Rules on the names of a built plugin's files: where Grafana's installer would put them, or would not."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding, Severity
from plugin_cli.release.zip_contents import installed_name

_MAX_PART_BYTES = 255
_MAX_NAME_BYTES = 1000
_MAX_DEPTH = 40
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_RENAME = "rename it; plugin-cli build and package make no such name"


def check_names(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Every file lands in the plugin's folder, under the name that is written, on every system."""
    for member in plugin.members:
        wrong = _outside(member) if plugin.is_zip else None
        if wrong := wrong or _unusable(member) or (_unclean(member) if plugin.is_zip else None):
            yield Finding("names", "error", member, wrong, _RENAME)
        elif wrong := _unusable_on_windows(member):
            yield Finding("names", "warning", member, wrong, _RENAME)


def check_same_names(plugin: BuiltPlugin) -> Iterator[Finding]:
    """No two files share a path, on case-sensitive and case-insensitive file systems alike."""
    files = [member for member in plugin.members if not member.endswith("/")]
    places = [installed_name(name) if plugin.is_zip else name for name in files]
    folders = {_folded(folder): folder for location in places for folder in _folders_of(location)}
    seen: dict[str, str] = {}
    taken: set[str] = set()
    for file, location in zip(files, places, strict=True):
        first, folder = seen.setdefault(_folded(location), location), folders.get(_folded(location))
        if location in taken:
            yield Finding("names", "error", file, "is there twice", _RENAME)
        elif first != location:
            yield _same(file, location, first)
        if folder == location:
            yield Finding("names", "error", file, "is a file and a folder", _RENAME)
        elif folder is not None:
            yield _same(file, location, folder)
        taken.add(location)


def _same(file: str, location: str, other: str) -> Finding:
    # Such names are two files on Linux; elsewhere one of the two is lost.
    severity: Severity = "warning" if location.startswith("linux_") else "error"
    return Finding("names", severity, file, f"has the name of {other} but for capitals or accents", _RENAME)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _folders_of(location: str) -> list[str]:
    parts = location.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _outside(member: str) -> str | None:
    if member.startswith("/"):
        return "is an absolute path: Grafana refuses the zip"
    if not posixpath.normpath(f"/plugins/{member}").startswith("/plugins/"):
        return "leaves the folder of all plugins: Grafana refuses the zip"
    # A file on the top of the zip is a matter of the layout.
    if "/" in member and installed_name(member).startswith(".."):
        return "leaves the plugin's folder: Grafana writes into another plugin's"
    return None


def _unusable(member: str) -> str | None:
    parts = member.removesuffix("/").split("/")
    if any(unicodedata.category(letter) == "Cc" for letter in member):
        return "has control characters in its name"
    if any("\udc80" <= letter <= "\udcff" for letter in member):
        return "has a name that is not UTF-8"
    if "\\" in member:
        return "has a backslash in its name, which parts folders on Windows"
    if re.match("[A-Za-z]:", member):
        return "begins with the letter of a drive"
    if len(member.encode()) > _MAX_NAME_BYTES or any(len(part.encode()) > _MAX_PART_BYTES for part in parts):
        return "has a name that is longer than file systems take"
    if len(parts) > _MAX_DEPTH:
        return f"lies in more than {_MAX_DEPTH} folders"
    return None


def _unclean(member: str) -> str | None:
    parts = member.removesuffix("/").split("/")
    if not member or any(part in ("", ".", "..") for part in parts):
        return f"is written in another way than it is installed: {installed_name(member)}"
    return None


def _unusable_on_windows(member: str) -> str | None:
    for part in member.removesuffix("/").split("/"):
        if set(part) & set('<>:"|?*') or part.endswith((" ", ".")) or _WINDOWS_DEVICE.fullmatch(part):
            return "has a name that Windows does not take"
    return None
