"""What a plugin's environment has to contain: what pyproject.toml names, in the versions of uv.lock."""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_cli.console import Console
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.venv.lock import Lock, can_lock, unnamed_project
from plugin_cli.venv.tool_source import DISTRIBUTION, ToolSource, installed_tool, tool_source
from plugin_cli.venv.tool_wheel import local_wheel

_LOCKED = ".plugin-cli-requirements.txt"


@dataclass(frozen=True)
class Requirements:
    """What the environment has to contain; its stamp records what it contains already."""

    groups: tuple[str, ...]
    tool_arguments: tuple[str, ...]
    lock: Lock | None
    parts: dict[str, Any]

    @property
    def stamp(self) -> dict[str, Any]:
        """What decides the installed packages, the lock as it is now."""
        return {**self.parts, "lock": self.lock.digest() if self.lock else None}

    def arguments(self, project: Project, *, is_locked: bool) -> list[str]:
        """Return the arguments of `uv pip install`; `is_locked`: uv.lock is up to date."""
        if self.lock is None or not is_locked:
            groups = [word for group in self.groups for word in ("--group", group)]
            return ["-r", "pyproject.toml", *groups, *self.tool_arguments]
        path: Path = project.environment / _LOCKED
        self.lock.export(path, self.groups, with_tool=self.lock.wheels is None)
        return ["-r", str(path), *self.tool_arguments]


def read_requirements(project: Project, console: Console) -> Requirements:
    """Return what pyproject.toml requires, and the running tool.

    Raises:
        ProjectError: there is no pyproject.toml, or it requires another Python.
    """
    path = project.root / "pyproject.toml"
    if not path.is_file():
        raise ProjectError(
            f"{project.root} has no pyproject.toml",
            why="it names the packages that the plugin's backend needs",
            remedy=f'write one with [project] dependencies = ["{DISTRIBUTION}"]',
        )
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    _check_required_python(document)
    groups = ("dev",) if "dev" in document.get("dependency-groups", {}) else ()
    tool_arguments, tool, lock = _tool(project, console, document)
    parts = {
        "requirements": _digest(document),
        "tool": tool,
        "python": sys.version,
        "root": str(project.root),
    }
    return Requirements(groups, tuple(tool_arguments), lock if can_lock(document) else None, parts)


def _check_required_python(document: Mapping[str, Any]) -> None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    text = document.get("project", {}).get("requires-python", "")
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        fits = SpecifierSet(str(text)).contains(version, prereleases=True)
    except InvalidSpecifier as error:
        raise ProjectError(
            f"pyproject.toml: [project] requires-python is invalid: {text!r}",
            why=str(error),
            remedy='write it as requires-python = ">=3.11"',
        ) from error
    if not fits:
        raise ProjectError(
            f"pyproject.toml requires Python {text}, and plugin-cli runs on {version}",
            why="the plugin is built with the Python that runs plugin-cli",
            remedy="install plugin-cli with such a Python, or change requires-python",
        )


def _digest(document: Mapping[str, Any]) -> str:
    """Hash what decides the installed packages; the build's own settings are none of it."""
    tool = document.get("tool", {})
    parts = {
        "project": document.get("project", {}),
        "groups": document.get("dependency-groups", {}),
        "uv": tool.get("uv", {}),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _tool(
    project: Project, console: Console, document: Mapping[str, Any]
) -> tuple[list[str], str, Lock | None]:
    """Return what makes the environment hold the running tool, the words that identify it, and the lock."""
    version = installed_tool().version
    source = tool_source()
    dependencies = document.get("project", {}).get("dependencies", [])
    if any(DISTRIBUTION in text and "@" in text for text in dependencies):
        return ["--upgrade-package", DISTRIBUTION], version, Lock(project)
    if source.kind == "index":
        return [], version, Lock(project, tool=version)
    folder = project.state / "wheels"
    wheel, new = local_wheel(source, folder)
    if new:
        console.warn(_unpublished(source, folder.relative_to(project.root)))
    identity = (folder / "fingerprint").read_text()
    # A path and not --find-links: a newer package of that name on an index must not win.
    words = ["--reinstall-package", DISTRIBUTION, str(wheel.relative_to(project.root))]
    return words, identity, Lock(project, folder.relative_to(project.root).as_posix(), version)


def _unpublished(source: ToolSource, folder: Path) -> str:
    """Return what keeps others from installing what uv.lock has, and what to do."""
    if source.requirement is None:
        return (
            f"this plugin-cli is not published: its wheel is in {folder}, which git ignores; others can "
            "install the plugin's environment once pyproject.toml names an address instead "
            "(plugin-cli create --tool ADDRESS)"
        )
    return (
        "pyproject.toml names only a version of plugin-cli, and the running one is from an address: its "
        f"wheel is in {folder}, which git ignores; others can install what uv.lock has once "
        f'[project] dependencies of pyproject.toml name that address: "{source.requirement}"'
    )


def upgrade_lock(project: Project, console: Console, names: Sequence[str] = ()) -> bool:
    """Take the newest version of `names`, or of every package, into uv.lock; return True if that changed it.

    Raises:
        ProjectError: pyproject.toml has no name to lock it by, or its dependencies cannot be met.
        ToolFailedError: no package index can be reached, or uv failed.
    """
    lock = read_requirements(project, console).lock
    if lock is None:
        raise unnamed_project()
    return lock.upgrade(names)
