"""The author's settings for the build, in `[tool.plugin-cli]` of pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project

_KEYS = ("hidden-imports", "collect", "include", "exclude", "data", "optimize")


@dataclass(frozen=True)
class BuildSettings:
    """The build's settings of one plugin.

    Attributes:
        hidden_imports: modules that are imported by a name made at run time, of packages that no dependency
            declares.
        collect: packages that go in although no dependency declares them.
        include: lines of the table of exclusions, by name or module, that go in after all.
        exclude: distributions, modules or patterns of files that stay out.
        data: files and folders of the repository, `path` or `path=place in the bundle`.
        optimize: 0 as from source, 1 drops assertions, 2 drops docstrings too.
    """

    hidden_imports: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    optimize: int = 0


def build_settings(project: Project) -> BuildSettings:
    """Return the settings of `project`.

    Raises:
        ProjectError: a key is unknown, has a value of the wrong kind, or names a file that does not exist.
    """
    table = project.settings
    for key in table:
        if key not in _KEYS:
            raise _unknown_key(project, key)
    optimize = table.get("optimize", 0)
    if optimize not in (0, 1, 2) or isinstance(optimize, bool):
        raise _wrong(project, "optimize", "0, 1 or 2", optimize)
    settings = BuildSettings(
        hidden_imports=_names(project, "hidden-imports"),
        collect=_names(project, "collect"),
        include=_names(project, "include"),
        exclude=_names(project, "exclude"),
        data=_names(project, "data"),
        optimize=optimize,
    )
    data_files(project, settings)
    return settings


def data_files(project: Project, settings: BuildSettings) -> tuple[tuple[str, str], ...]:
    """Return each data file or folder of the settings with its place among the author's files.

    Raises:
        ProjectError: it does not exist, or would lie outside the bundle.
    """
    pairs = []
    for entry in settings.data:
        origin, _, location = entry.partition("=")
        path = project.root / origin
        if not path.exists():
            raise ProjectError(
                f"pyproject.toml: [tool.plugin-cli] data names a file that does not exist: {origin}",
                remedy='give a path seen from the repository, e.g. data = ["assets=weather/assets"]',
            )
        location = (location or origin).replace("\\", "/").strip("/")
        if path.is_file() and "=" in entry:
            location = f"{location}/{path.name}"
        if ".." in location.split("/"):
            raise ProjectError(
                f"pyproject.toml: [tool.plugin-cli] data puts a file outside the bundle: {entry}",
                remedy='give it a place, e.g. data = ["../shared.csv=weather/data"]',
            )
        pairs.append((str(path), location))
    return tuple(pairs)


def leaves_out(entry: str, file: str) -> bool:
    """Return True if an entry of `exclude`, a module or a pattern of files, covers a file."""
    if "/" in entry or "*" in entry:
        return fnmatchcase(file, entry)
    path = entry.replace(".", "/")
    return file.startswith((f"{path}/", f"{path}.py", f"{path}.cpython-", f"{path}.abi3", f"{path}.so"))


def _names(project: Project, key: str) -> tuple[str, ...]:
    value = project.settings.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _wrong(project, key, 'a list such as ["name"]', value)
    return tuple(value)


def _unknown_key(project: Project, key: str) -> ProjectError:
    near = get_close_matches(key, _KEYS, n=1)
    return ProjectError(
        f"{project.root / 'pyproject.toml'}: [tool.plugin-cli] has an unknown key: {key}",
        why=f"known keys: {', '.join(_KEYS)}",
        remedy=f"write {near[0]}" if near else "remove it; docs/build.md lists the settings",
    )


def _wrong(project: Project, key: str, expected: str, found: Any) -> ProjectError:
    return ProjectError(
        f"{project.root / 'pyproject.toml'}: [tool.plugin-cli] {key} has a wrong value",
        why=f"expected {expected}, found {found!r}",
        remedy="docs/build.md lists the settings",
    )
