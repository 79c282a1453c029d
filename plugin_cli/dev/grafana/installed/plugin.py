"""The plugin in the folder of a Grafana on this machine: the source behind a locator, or dist/ itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.grafana.installed.server import end_processes
from plugin_cli.dev.grafana.locator import check_locator
from plugin_cli.dev.grafana.source_plugin import SourcePlace, source_plugin
from plugin_cli.dev.grafana.spliced_front import SplicedFront, unix_endpoint
from plugin_cli.errors import disk_error
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.process import run
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.target import host_target


@contextmanager
def source_on_this_machine(
    project: Project,
    folder: SessionFolder,
    plugin: Path,
    console: Console,
    log: LogWriter,
    *,
    debug_port: int | None = None,
) -> Iterator[None]:
    """Run the backend from source inside the block, and lead a Grafana of this user to it.

    Raises:
        ProjectError: on this system Grafana cannot be led to it.
    """
    target = host_target()
    check_locator(target)
    with unix_endpoint(folder, in_container=False) as (endpoint, listener):
        place = SourcePlace(plugin, target, endpoint)
        front = SplicedFront(listener)
        with source_plugin(project, folder, front, place, console, log, debug_port=debug_port):
            yield


@contextmanager
def linked(dist: Path, plugin: Path) -> Iterator[None]:
    """Show Grafana `dist` as the folder `plugin` inside the block."""
    _unlink(plugin)
    try:
        plugin.parent.mkdir(parents=True, exist_ok=True)
        if sys.platform == "win32":
            # Symbolic links need rights there that most users lack.
            run(["cmd", "/c", "mklink", "/J", plugin, dist], what=f"{plugin} cannot be linked to {dist}")
        else:
            plugin.symlink_to(dist, target_is_directory=True)
    except OSError as error:
        raise disk_error(plugin, error) from error
    try:
        yield
    finally:
        _unlink(plugin)


@contextmanager
def restarted_on_build(project: Project, server: int, console: Console, log: LogWriter) -> Iterator[None]:
    """End the plugin's process below `server` whenever dist/ was built; Grafana starts the new one."""

    def changed(_: frozenset[Path]) -> None:
        log.line("dev", "info", "dist/ was rebuilt: the plugin's process is restarted")
        if not end_processes(project.dist, parent=server):
            console.warn("the new build runs after the next start: plugin-cli dev down, then dev up")

    with watching(
        [project.dist], source_filter(project.root), changed, on_error=partial(log.line, "dev", "error")
    ):
        yield


def _unlink(plugin: Path) -> None:
    """Remove the link and nothing below it: that is the author's."""
    with suppress(OSError):
        plugin.rmdir() if sys.platform == "win32" else plugin.unlink()
