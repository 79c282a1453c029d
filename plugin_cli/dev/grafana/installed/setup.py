"""What a session's own Grafana server is started with: folders, flags and environment."""

from __future__ import annotations

import os

from plugin_cli.dev.grafana.compose import read_grafana_service
from plugin_cli.dev.grafana.environment import grafana_environment, on_this_machine
from plugin_cli.dev.grafana.installed.server import files_of
from plugin_cli.errors import disk_error
from plugin_cli.project import Project
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.installed_grafana import InstalledGrafana
from plugin_cli.system.process import child_environment


def make_folders(folder: SessionFolder) -> None:
    """Make the folders, and a configuration without a setting: Grafana would read the installation's."""
    own = files_of(folder)
    try:
        for name in ("data", "logs", "plugins"):
            (own / name).mkdir(parents=True, exist_ok=True)
        (own / "grafana.ini").write_text("", encoding="utf-8")
    except OSError as error:
        raise disk_error(own, error) from error


def server_environment(project: Project, folder: SessionFolder, port: int) -> dict[str, str]:
    """Return the server's environment: the container's settings, on `port` of this machine."""
    service = read_grafana_service(project.root / "docker-compose.yaml", os.environ)
    made = grafana_environment(project.plugin_id, service.environment, project.provisioning, os.environ)
    others = {name: value for name, value in child_environment().items() if not name.startswith("GF_")}
    return others | on_this_machine(made, files_of(folder), project.provisioning, port)


def server_flags(grafana: InstalledGrafana, folder: SessionFolder) -> list[str]:
    """Return the flags of `grafana server` in a session."""
    own = files_of(folder)
    return [
        f"--homepath={grafana.home}",
        f"--config={own / 'grafana.ini'}",
        # The variable stands for the plugin's own folder; what Grafana reads is the copy of it.
        f"cfg:paths.provisioning={own / 'provisioning'}",
    ]
