"""uv.lock: the versions of every environment of the plugin, so that a commit builds the same later."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project
from plugin_cli.system.process import run
from plugin_cli.venv.tool_source import DISTRIBUTION
from plugin_cli.venv.uv import find_uv, run_uv, uv_environment

LOCK = "uv.lock"
_WHAT = "uv.lock cannot be written"
_REMEDY = "run the command without --locked, and commit uv.lock"


@dataclass(frozen=True)
class Lock:
    """The lock of one plugin.

    Attributes:
        project: the plugin.
        wheels: a folder of wheels that no index has, relative to the plugin's; None if there is none.
        tool: the version of plugin-cli that the environment has to hold; None: what pyproject.toml names.
    """

    project: Project
    wheels: str | None = None
    tool: str | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.project.root / LOCK

    def digest(self) -> str | None:
        """Return a hash of the file; None where there is none."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path.is_file() else None

    def require(self) -> None:
        """Refuse to work with versions that nobody has committed.

        Raises:
            ProjectError: there is no lock, it does not match pyproject.toml, or it has another plugin-cli.
        """
        if not self.path.is_file():
            raise ProjectError(
                f"{LOCK} does not exist", why="--locked takes every version from it", remedy=_REMEDY
            )
        if not self._matches():
            raise ProjectError(
                f"{LOCK} does not match pyproject.toml",
                why="the dependencies were changed after it was written",
                remedy=_REMEDY,
            )
        if self._other_tool():
            raise ProjectError(
                f"{LOCK} has {DISTRIBUTION} {self._locked_tool()}, and {self.tool} is running",
                why="the bundle would hold another runtime than the one that this tool builds for",
                remedy=f"uv run --locked plugin-cli build --locked   (or: {_REMEDY})",
            )

    def update(self, console: Console, moved: Sequence[str] = ()) -> None:
        """Bring the lock in line with pyproject.toml; every version that still satisfies it stays.

        Args:
            console: reports a change.
            moved: packages whose branch or folder holds something else than was locked.

        Raises:
            ProjectError: the dependencies cannot be met.
            ToolFailedError: no package index can be reached, or uv failed.
        """
        before = self.digest()
        if before is None or moved or not self._matches():
            self._lock(*(word for name in moved for word in ("--upgrade-package", name)))
        if self._other_tool():
            self._lock("--upgrade-package", f"{DISTRIBUTION}=={self.tool}")
        if self.digest() != before:
            changed = "now holds the version of every package" if before is None else "has changed"
            console.step(f"{LOCK} {changed}: commit it, and every build installs the same")

    def upgrade(self, names: Sequence[str] = ()) -> bool:
        """Take the newest version or commit of `names`, or of everything; return True if anything changed.

        Raises:
            ProjectError: the dependencies cannot be met, or the lock has none of that name.
            ToolFailedError: no package index can be reached, or uv failed.
        """
        before = self.digest()
        self._check_names(names)
        self._lock(*([word for name in names for word in ("--upgrade-package", name)] or ["--upgrade"]))
        return self.digest() != before

    def export(self, path: Path, groups: Sequence[str], *, with_tool: bool) -> None:
        """Write the locked versions with their hashes as requirements for `uv pip install`."""
        words = [
            "export",
            "--frozen",
            "--quiet",
            "--format",
            "requirements.txt",
            "--no-header",
            "--no-annotate",
        ]
        words += ["--no-emit-project", "--no-default-groups"]
        words += [word for group in groups for word in ("--group", group)]
        words += [] if with_tool else ["--no-emit-package", DISTRIBUTION]
        arguments = [*words, *self._options(), "--output-file", str(path)]
        run_uv(arguments, what=f"{LOCK} cannot be read", cwd=self.project.root)

    def _lock(self, *words: str) -> None:
        run_uv(["lock", *words, *self._options()], what=_WHAT, cwd=self.project.root)

    def _matches(self) -> bool:
        command = [find_uv(), "lock", "--check", *self._options()]
        done = run(command, what=_WHAT, cwd=self.project.root, env=uv_environment(), check=False)
        return done.returncode == 0

    def _options(self) -> list[str]:
        if self.wheels is None:
            return ["--python", sys.executable]
        # The option stands above the variable, which others rely on.
        links = [link for link in os.environ.get("UV_FIND_LINKS", "").split(",") if link]
        found = [word for link in (*links, self.wheels) for word in ("--find-links", link)]
        return ["--python", sys.executable, *found]

    def _other_tool(self) -> bool:
        return self.tool is not None and self._locked_tool() != self.tool

    def _locked_tool(self) -> str | None:
        found = (item.get("version") for item in self._packages() if item.get("name") == DISTRIBUTION)
        return next(map(str, found), None)

    def _packages(self) -> list[dict[str, Any]]:
        packages: list[dict[str, Any]] = tomllib.loads(self.path.read_text(encoding="utf-8")).get(
            "package", []
        )
        return packages

    def _check_names(self, names: Sequence[str]) -> None:
        known = [str(item.get("name")) for item in self._packages()] if names and self.path.is_file() else []
        for name in names:
            if re.sub(r"[-_.]+", "-", name).lower() not in known:
                near = get_close_matches(name, known, n=1) or known[:5]
                raise ProjectError(
                    f"{LOCK} has no package {name!r}",
                    why=f"nearest: {', '.join(near)}" if near else "it does not exist",
                    remedy="plugin-cli update --packages   (for all of them)",
                )


def can_lock(document: Mapping[str, Any]) -> bool:
    """Return True if uv can lock what this pyproject.toml describes."""
    return isinstance(document.get("project", {}).get("name"), str)


def unnamed_project() -> ProjectError:
    """Return the error for a pyproject.toml that uv cannot lock."""
    return ProjectError(
        f"{LOCK} cannot be written for this plugin",
        why="pyproject.toml has no [project] name, and uv locks only a project that has one",
        remedy='add name = "..." and version = "1.0.0" to [project] of pyproject.toml',
    )


def update_or_warn(lock: Lock, console: Console, moved: Sequence[str] = ()) -> str | None:
    """Bring the lock in line, and return why that was not possible; `moved` are packages to lock anew."""
    try:
        lock.update(console, moved)
    except PluginCliError as error:
        return str(error)
    return None
