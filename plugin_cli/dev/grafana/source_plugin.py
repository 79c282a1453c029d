"""The backend from source behind a Grafana: a plugin folder with a locator, and what it leads to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from plugin_cli.build.frontend.node import has_own_frontend
from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.frontend import DevFrontend
from plugin_cli.dev.grafana.locator import copy_own_frontend, write_plugin_folder
from plugin_cli.dev.grafana.spliced_front import Endpoint, SplicedFront
from plugin_cli.dev.supervisor.launch import supervise
from plugin_cli.dev.supervisor.supervisor import Supervisor
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.target import Target
from plugin_cli.venv.create import local_folders


@dataclass(frozen=True)
class SourcePlace:
    """Where Grafana finds the plugin, and the plugin its backend.

    Attributes:
        folder: written anew, removed afterwards.
        target: what the Grafana that loads it is.
        endpoint: where it meets the backend.
    """

    folder: Path
    target: Target
    endpoint: Endpoint


@contextmanager
def source_plugin(
    project: Project,
    folder: SessionFolder,
    front: SplicedFront,
    place: SourcePlace,
    console: Console,
    log: LogWriter,
    *,
    debug_port: int | None = None,
) -> Iterator[None]:
    """Run the backend from source behind `front` inside the block, with a plugin folder that leads to it."""
    with ExitStack() as stack:
        plugin = place.folder
        shutil.rmtree(plugin, ignore_errors=True)
        plugin.mkdir(parents=True)
        stack.callback(shutil.rmtree, plugin, ignore_errors=True)
        supervisor = supervise(
            project,
            folder,
            front,
            console,
            log,
            kind=BackendKind.SOURCE,
            sockets=place.endpoint.sockets,
            debug_port=debug_port,
            behind_grafana=True,
        )
        stack.callback(supervisor.close)
        with console.working("starting the backend from source"):
            front.open()
            supervisor.start()
            write_plugin_folder(project, place.target, place.endpoint.handshake, plugin)
            frontend = _frontend(project, plugin, console, supervisor)
        stack.enter_context(_reloaded(project, supervisor, frontend, log))
        yield


def _frontend(project: Project, plugin: Path, console: Console, supervisor: Supervisor) -> DevFrontend:
    frontend = DevFrontend(project, plugin, console, supervisor.schema)
    if has_own_frontend(project):
        copy_own_frontend(project, plugin)
    else:
        made = frontend.make()
        if made.error:
            console.warn(made.error)
    return frontend


@contextmanager
def _reloaded(
    project: Project, supervisor: Supervisor, frontend: DevFrontend, log: LogWriter
) -> Iterator[None]:
    def changed(paths: frozenset[Path]) -> None:
        root = project.root
        names = sorted(
            str(path.relative_to(root)) if path.is_relative_to(root) else str(path) for path in paths
        )
        log.line("dev", "info", f"changed: {', '.join(names[:5])}")
        supervisor.replace()
        if not has_own_frontend(project):
            frontend.make()

    local = local_folders(project)
    with watching(
        [project.root / "backend", project.root / "src", *local],
        source_filter(project.root, *local),
        changed,
        on_error=partial(log.line, "dev", "error"),
    ):
        yield
