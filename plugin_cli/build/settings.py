"""The author's settings for the build, in `[tool.plugin-cli]` of pyproject.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plugin_cli.errors import ProjectError
from plugin_cli.project import Project


@dataclass(frozen=True)
class BuildSettings:
    """The build's settings of one plugin.

    Attributes:
        hidden_imports: modules that are imported by a name made at run time.
        collect: packages that go in whole: all modules, data files and libraries.
        exclude: modules that stay out although something imports them.
        data: files and folders of the repository, `path` or `path=place in the bundle`.
        optimize: 0 keeps assertions and docstrings, 1 drops assertions, 2 drops both.
    """

    hidden_imports: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    optimize: int = 2


def build_settings(project: Project) -> BuildSettings:
    """Return the settings of `project`.

    Raises:
        ProjectError: a key has a value of the wrong kind.
    """
    table = project.settings
    optimize = table.get("optimize", 2)
    if optimize not in (0, 1, 2) or isinstance(optimize, bool):
        raise _wrong(project, "optimize", "0, 1 or 2", optimize)
    return BuildSettings(
        hidden_imports=_names(project, "hidden-imports"),
        collect=_names(project, "collect"),
        exclude=_names(project, "exclude"),
        data=_names(project, "data"),
        optimize=optimize,
    )


def _names(project: Project, key: str) -> tuple[str, ...]:
    value = project.settings.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise _wrong(project, key, 'a list such as ["name"]', value)
    return tuple(value)


def _wrong(project: Project, key: str, expected: str, found: Any) -> ProjectError:
    return ProjectError(
        f"{project.root / 'pyproject.toml'}: [tool.plugin-cli] {key} has a wrong value",
        why=f"expected {expected}, found {found!r}",
        remedy="docs/build.md lists the settings",
    )
