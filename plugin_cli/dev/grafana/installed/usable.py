"""Which installed Grafana a session runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.dev.grafana.locator import check_locator
from plugin_cli.errors import ProjectError, ToolFailedError, ToolMissingError
from plugin_cli.grafana_version import version_problem
from plugin_cli.project import Project
from plugin_cli.system.installed_grafana import InstalledGrafana, find_grafana, named_grafana
from plugin_cli.target import host_target


@dataclass(frozen=True)
class UsableGrafana:
    """An installation that was asked for its version."""

    installed: InstalledGrafana
    version: str

    def __str__(self) -> str:
        return f"Grafana {self.version} ({self.installed.home})"


def usable_grafana(
    project: Project, named: Path | None, backend: str, *, only_allowed: bool = False
) -> UsableGrafana:
    """Return the installation that a session runs.

    Args:
        project: the plugin.
        named: its program or folder; None: looked for.
        backend: `source` or `dist`.
        only_allowed: refuse one that does not suit the plugin, as a machine without Grafana.

    Raises:
        UsageError: `named` is no Grafana.
        ToolMissingError: none is installed, or none that suits.
        ToolFailedError: it does not say its version.
    """
    installed = find_grafana(os.environ) if named is None else named_grafana(named)
    if not only_allowed:
        return UsableGrafana(installed, installed.version())
    try:
        found = UsableGrafana(installed, installed.version())
        if backend == "source":
            check_locator(host_target())
    except (ProjectError, ToolFailedError) as error:
        raise ToolMissingError(error.what, why=error.why, remedy=error.remedy) from error
    problem = version_problem(project.metadata, found.version)
    if problem is not None:
        raise ToolMissingError(problem, remedy="plugin-cli dev up --runtime local   (runs it all the same)")
    return found
