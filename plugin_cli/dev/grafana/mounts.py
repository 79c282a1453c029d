"""What a Grafana in Docker is shown of the plugin: what was built, or the source behind a locator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.console import Console
from plugin_cli.dev.grafana.container import PLUGINS, Mounted, end_plugin_process
from plugin_cli.dev.grafana.source_plugin import SourcePlace, source_plugin
from plugin_cli.dev.grafana.spliced_front import SOCKET_FOLDER, SplicedFront, tcp_endpoint, unix_endpoint
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.target import Target

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container


def dist_mounts(project: Project, target: Target) -> tuple[Mounted, ...]:
    """Return the mount of dist/.

    Raises:
        ProjectError: it holds no executable that the engine's containers can run.
    """
    executable = project.built_executable(target)
    if not executable.is_file():
        raise ProjectError(
            f"{executable.relative_to(project.root)} does not exist",
            why=f"Grafana in Docker runs the plugin built for {target}",
            remedy=f"plugin-cli build {'linux' if target.arch == 'amd64' else target}"
            "   (or: plugin-cli dev up --backend source)",
        )
    return (Mounted(project.dist, f"{PLUGINS}/{project.plugin_id}"),)


@contextmanager
def restarted_on_build(
    project: Project, container: Container, console: Console, log: LogWriter
) -> Iterator[None]:
    """End the plugin's process in the container whenever dist/ was built; Grafana starts the new one."""

    def changed(_: frozenset[Path]) -> None:
        log.line("dev", "info", "dist/ was rebuilt: the plugin's process is restarted")
        if not end_plugin_process(container, project.plugin_id):
            console.warn("the new build runs after the next start: plugin-cli dev down, then dev up")

    with watching(
        [project.dist], source_filter(project.root), changed, on_error=partial(log.line, "dev", "error")
    ):
        yield


@contextmanager
def source_mounts(
    project: Project,
    folder: SessionFolder,
    client: DockerClient,
    target: Target,
    console: Console,
    log: LogWriter,
    *,
    debug_port: int | None = None,
) -> Iterator[tuple[Mounted, ...]]:
    """Run the backend from source inside the block and yield what leads Grafana to it."""
    plugin = folder.path / "plugin"
    with (
        tcp_endpoint() if is_desktop(client) else unix_endpoint(folder) as (endpoint, listener),
        source_plugin(
            project,
            folder,
            SplicedFront(listener),
            SourcePlace(plugin, target, endpoint),
            console,
            log,
            debug_port=debug_port,
        ),
    ):
        mounts = [Mounted(plugin, f"{PLUGINS}/{project.plugin_id}")]
        if endpoint.folder is not None:
            mounts.append(Mounted(endpoint.folder, SOCKET_FOLDER))
        yield tuple(mounts)


def is_desktop(client: DockerClient) -> bool:
    """Say whether the engine runs in a virtual machine of its own, which no socket of this one reaches.

    Raises:
        ProjectError: it is neither Docker Desktop nor an engine on this machine.
    """
    system = str(client.info().get("OperatingSystem", ""))
    if "Docker Desktop" in system:
        return True
    if sys.platform == "linux":
        return False
    raise ProjectError(
        "the source cannot be run behind this Docker engine",
        why=f"it is neither Docker Desktop nor on this machine: {system}",
        remedy="plugin-cli build linux   (then: plugin-cli dev up --backend dist)",
    )
