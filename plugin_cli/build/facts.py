"""Facts about a build, which `-buildinfo` answers: version, source, time."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from plugin_cli.build.fingerprint import content_fingerprint
from plugin_cli.build.source_metadata import check_source_metadata
from plugin_cli.errors import PluginCliError, ProjectError, UsageError
from plugin_cli.project import Project
from plugin_cli.system.process import run


@dataclass(frozen=True)
class BuildFacts:
    """Facts about one build that depend on its input alone.

    Attributes:
        version: the plugin's version.
        source: a hash of everything that the author wrote.
        time: the time of the newest commit, or SOURCE_DATE_EPOCH; the same input gives the same time.
    """

    version: str
    source: str
    time: datetime

    @property
    def date(self) -> str:
        """The day in plugin.json's format."""
        return self.time.strftime("%Y-%m-%d")

    def write(self, path: Path, project: Project, **built: str) -> None:
        """Write what `-buildinfo` answers, in the words of Go plugins; `built` says of what it is."""
        from plugin_sdk import __version__

        facts = {
            "time": int(self.time.timestamp() * 1000),
            "pluginID": project.plugin_id,
            "version": self.version,
            **built,
            "source": self.source,
            "python": ".".join(map(str, sys.version_info[:3])),
            "sdk": __version__,
        }
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def build_facts(project: Project, inputs: Iterable[tuple[str, Path]]) -> BuildFacts:
    """Return the facts of `project` as it lies on disk.

    Args:
        project: the plugin.
        inputs: the author's files that it is built from, by name; pyproject.toml counts anyway.

    Raises:
        ProjectError: pyproject.toml has no version, or src/plugin.json is not what Grafana takes.
        UsageError: SOURCE_DATE_EPOCH is not a number.
    """
    check_source_metadata(project)
    files = [*inputs, ("pyproject.toml", project.root / "pyproject.toml")]
    return BuildFacts(
        project_version(project), content_fingerprint(files), _time(project, [path for _, path in files])
    )


def project_version(project: Project) -> str:
    """Return the plugin's version.

    Raises:
        ProjectError: pyproject.toml has none.
    """
    document = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    version = document.get("project", {}).get("version")
    if not isinstance(version, str) or not version:
        raise ProjectError(
            "pyproject.toml names no version",
            why=f"[project] version: expected a text such as '1.0.0', found {version!r}",
            remedy='write version = "0.1.0" below [project]',
        )
    return version


def _time(project: Project, files: list[Path]) -> datetime:
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given and not given.isdigit():
        raise UsageError(
            f"SOURCE_DATE_EPOCH is not a number of seconds: {given!r}",
            why="it gives the time of the build, as seconds since 1970",
            remedy="unset SOURCE_DATE_EPOCH   (or: export SOURCE_DATE_EPOCH=$(git log -1 --format=%ct))",
        )
    seconds = given or _commit_seconds(project)
    if not seconds.isdigit():
        seconds = str(int(max(path.stat().st_mtime for path in files)))
    return datetime.fromtimestamp(int(seconds), UTC)


def _commit_seconds(project: Project) -> str:
    command = ["git", "log", "-1", "--format=%ct", "--", "."]
    try:
        return run(
            command, what="the time of the last commit is unknown", cwd=project.root, check=False
        ).stdout.strip()
    except PluginCliError:
        return ""  # without git the newest file's time does
