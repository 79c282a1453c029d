"""A plugin repository on disk: its folders, its files and its metadata."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plugin_cli.errors import ProjectError
from plugin_cli.system.parse import ParseError, parse_json, parse_toml
from plugin_cli.target import Target


@dataclass(frozen=True)
class Backend:
    """The Python backend of a plugin.

    Attributes:
        package: the import package below `backend/`, e.g. `weather`.
        entry: the import string given to `serve`, e.g. `weather.datasource:Weather`.
        folder: the folder that holds the package.
    """

    package: str
    entry: str
    folder: Path


@dataclass(frozen=True)
class Project:
    """A plugin repository whose `src/plugin.json` was read.

    Attributes:
        root: the folder that holds `src/plugin.json`.
        metadata: the parsed plugin.json.
        settings: the table `[tool.plugin-cli]` of pyproject.toml, empty where there is none.
    """

    root: Path
    metadata: dict[str, Any] = field(repr=False)
    settings: dict[str, Any] = field(repr=False)

    @property
    def plugin_id(self) -> str:
        """The id in plugin.json, e.g. `acme-weather-datasource`."""
        return str(self.metadata["id"])

    @property
    def name(self) -> str:
        """The name people see in Grafana."""
        return str(self.metadata.get("name", self.plugin_id))

    @property
    def kind(self) -> str:
        """`datasource`, `app` or `panel`."""
        return str(self.metadata.get("type", ""))

    @property
    def executable(self) -> str:
        """The name that Grafana completes with system and architecture, e.g. `gpx_weather`."""
        name = self.metadata.get("executable")
        if not isinstance(name, str) or not name:
            raise ProjectError(
                f"{self.plugin_json} names no executable",
                why=f'key "executable": expected a name such as "gpx_weather", found {name!r}',
                remedy='set "backend": true and "executable": "gpx_<name>" in src/plugin.json',
            )
        return name

    def require_executable(self) -> str:
        """Return the executable's name.

        Raises:
            ProjectError: plugin.json has none.
        """
        return self.executable

    @property
    def plugin_json(self) -> Path:
        """The metadata file."""
        return self.root / "src" / "plugin.json"

    @property
    def dist(self) -> Path:
        """Where `build` puts what Grafana loads."""
        return self.root / "dist"

    @property
    def state(self) -> Path:
        """What the tool keeps in the repository: answers, the base of `update`, wheels, caches."""
        return self.root / ".plugin-cli"

    @property
    def environment(self) -> Path:
        """The plugin's virtual environment."""
        return self.root / ".venv"

    @property
    def provisioning(self) -> Path:
        """Grafana provisioning files of the development environment."""
        return self.root / "provisioning"

    def built_executable(self, target: Target) -> Path:
        """Return where the executable of `target` is once built."""
        return self.dist / target.executable(self.executable)

    @cached_property
    def backend(self) -> Backend:
        """The package below `backend/` whose `__main__.py` calls `serve("module:Class")`.

        Raises:
            ProjectError: no such package, more than one, or no import string in it.
        """
        return _find_backend(self.root)

    def require_backend(self) -> Backend:
        """Return the backend's package.

        Raises:
            ProjectError: there is none that can be run.
        """
        return self.backend


def find_project(start: Path) -> Project:
    """Return the project that `start` lies in, looking upwards for `src/plugin.json`.

    Raises:
        ProjectError: there is none, or its plugin.json cannot be read.
    """
    root = find_root(start)
    return Project(root, _read_metadata(root / "src" / "plugin.json"), _read_settings(root))


def find_root(start: Path) -> Path:
    """Return the folder of that project, whatever is in its plugin.json.

    Raises:
        ProjectError: there is none.
    """
    folder = start.resolve()
    for root in (folder, *folder.parents):
        if (root / "src" / "plugin.json").is_file():
            return root
    raise ProjectError(
        f"{start} is not inside a plugin repository",
        why="no src/plugin.json here or in any folder above",
        remedy="plugin-cli create   (or change into the plugin's folder)",
    )


def _read_metadata(path: Path) -> dict[str, Any]:
    try:
        metadata = parse_json(path.read_bytes())
    except (OSError, ParseError) as error:
        raise ProjectError(f"{path} cannot be read", why=str(error), remedy="fix the syntax error") from error
    if not isinstance(metadata, dict) or not isinstance(metadata.get("id"), str):
        raise ProjectError(
            f"{path} has no plugin id",
            why='expected an object with "id": "<org>-<name>-<type>"',
            remedy='set "id" in src/plugin.json',
        )
    return metadata


def _read_settings(root: Path) -> dict[str, Any]:
    path = root / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        document = parse_toml(path.read_bytes())
    except (OSError, ParseError) as error:
        raise ProjectError(f"{path} cannot be read", why=str(error), remedy="fix the syntax error") from error
    tools = document.get("tool", {})
    settings = tools.get("plugin-cli", {}) if isinstance(tools, dict) else None
    if not isinstance(settings, dict):
        raise ProjectError(
            f"{path}: [tool.plugin-cli] is not a table", remedy="write it as [tool.plugin-cli]"
        )
    return settings


def _find_backend(root: Path) -> Backend:
    folder = root / "backend"
    mains = sorted(folder.glob("*/__main__.py"))
    if len(mains) != 1:
        found = ", ".join(str(path.relative_to(root)) for path in mains) or "none"
        raise ProjectError(
            "the plugin's backend package is ambiguous",
            why=f"expected exactly one backend/<package>/__main__.py, found: {found}",
            remedy="keep one package with __main__.py below backend/",
        )
    entry = _entry_of(mains[0])
    package = mains[0].parent.name
    if entry is None or entry.partition(":")[0].partition(".")[0] != package:
        raise ProjectError(
            f"{mains[0].relative_to(root)} does not name the plugin's class",
            why=f'expected serve("{package}.<module>:<Class>"), found {entry!r}',
            remedy=f'write: from plugin_sdk import serve; serve("{package}.datasource:MyDataSource")',
        )
    return Backend(package=package, entry=entry, folder=folder)


def _entry_of(main: Path) -> str | None:
    """Return the string literal given to `serve(...)`; the file is read, never run."""
    try:
        tree = ast.parse(main.read_text(encoding="utf-8"), str(main))
    except (OSError, SyntaxError, ValueError) as error:
        raise ProjectError(f"{main} cannot be read", why=str(error), remedy="fix the syntax error") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "serve":
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    return argument.value
    return None
