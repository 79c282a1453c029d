"""Which files of the installed packages go into a bundle."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.build.bundle.exclusions import PACKAGES, STANDARD_LIBRARY, Exclusion
from plugin_cli.build.bundle.imports import imports_of, with_parents
from plugin_cli.build.settings import BuildSettings, leaves_out
from plugin_cli.venv.installed import Installed

_PROGRAM = b"\x7fELF"


@dataclass(frozen=True)
class Selection:
    """What of a plugin's distributions goes in.

    Attributes:
        items: the distributions, by name.
        files: for each of them, the names of its files as it records them.
        left_out: lines of the table that hold for this plugin.
        imported: for each of them, what it imports.
    """

    items: dict[str, Installed]
    files: dict[str, tuple[str, ...]]
    left_out: tuple[Exclusion, ...]
    imported: dict[str, frozenset[str]]


def select_files(
    items: Mapping[str, Installed], code_imports: Iterable[str], settings: BuildSettings, cache: Path
) -> Selection:
    """Return what goes in, by the table of exclusions and the author's settings."""
    everything = {name: _wanted_files(item, PACKAGES, settings) for name, item in items.items()}
    imported = {name: imports_of(item, everything[name], cache) for name, item in items.items()}
    left_out = lines_that_hold(PACKAGES, code_imports, imported, settings)
    chosen = {name: _wanted_files(item, left_out, settings) for name, item in items.items()}
    return Selection(dict(items), chosen, left_out, imported)


def lines_that_hold(
    table: tuple[Exclusion, ...],
    code_imports: Iterable[str],
    imported: Mapping[str, frozenset[str]],
    settings: BuildSettings,
) -> tuple[Exclusion, ...]:
    """Return the lines of `table` that neither an import nor the author's settings bring back."""
    named = with_parents([*code_imports, *settings.include, *settings.hidden_imports, *settings.collect])
    by_packages = {name: with_parents(modules) for name, modules in imported.items()}

    def holds(line: Exclusion) -> bool:
        if line.name in settings.include or (line.module and line.module in named):
            return False
        others = (modules for name, modules in by_packages.items() if name != line.distribution)
        return not (line.for_packages and line.module and any(line.module in modules for modules in others))

    return tuple(line for line in table if holds(line))


def _wanted_files(item: Installed, table: tuple[Exclusion, ...], settings: BuildSettings) -> tuple[str, ...]:
    excluded = {*settings.exclude}
    if item.name in excluded:
        return ()
    return tuple(
        name
        for name in item.files
        if "__pycache__" not in name
        and not any(line.covers(item.name, name) for line in table)
        and not any(leaves_out(entry, name) for entry in excluded)
        and _has_place(item, name)
    )


def _has_place(item: Installed, name: str) -> bool:
    """Return False for what lies outside the environment, and for scripts, which name its interpreter."""
    if name.endswith(".pth"):
        return True
    path = item.site / name
    parts = posixpath.normpath(path.as_posix()).split("/")
    if not name.startswith("..") or not path.is_file():
        return path.is_file()
    if "bin" not in parts and "Scripts" not in parts:
        return True
    with path.open("rb") as file:
        return file.read(4) == _PROGRAM


def standard_lines(
    selection: Selection, code_imports: Iterable[str], settings: BuildSettings
) -> tuple[Exclusion, ...]:
    """Return the lines of the standard library's table that hold for this plugin."""
    return lines_that_hold(STANDARD_LIBRARY, code_imports, selection.imported, settings)
