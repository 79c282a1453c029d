"""The same call again and again: after a while, and as soon as the plugin has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import TypeVar

from plugin_cli.calls.connect import BackendChoice, Connection, connect, find_session
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project, find_project
from plugin_cli.session.record import session_folder
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.venv.create import local_folders

T = TypeVar("T")


def watched(
    choice: BackendChoice, every_seconds: float, console: Console, work: Callable[[Connection], T]
) -> Iterator[T | PluginCliError]:
    """Yield what `work` finds at the backend, or why it finds nothing, until the iterator is closed.

    Args:
        choice: which backend; one that is started for this stays until the plugin changes.
        every_seconds: how long after a response the call is repeated.
        console: takes the status.
        work: the call.

    Raises:
        PluginCliError: what no change of a file fixes, such as a session that does not run.
    """
    project = find_project(choice.root)
    in_session = find_session(choice) is not None
    changed = Event()
    folders, predicate = _watched_files(project, in_session=in_session)
    with watching(folders, predicate, lambda _: changed.set()):
        while True:
            changed.clear()
            try:
                with connect(choice, console) as connection:
                    while not changed.is_set():
                        yield work(connection)
                        changed.wait(every_seconds)
            except PluginCliError as error:
                yield error
                changed.wait(every_seconds)


def _watched_files(project: Project, *, in_session: bool) -> tuple[list[Path], Callable[[Path], bool]]:
    """Return where a change makes another answer: a session takes new code by itself and records it."""
    folder = session_folder(project.root)
    local = () if in_session else local_folders(project)
    plugin = (
        [project.provisioning]
        if in_session
        else [project.root / "backend", project.dist, project.provisioning, *local]
    )
    roots = (project.root, *local)
    is_source = source_filter(*roots)
    return (
        [*plugin, *([folder.path] if in_session else [])],
        lambda path: path == folder.backend or (any(map(path.is_relative_to, roots)) and is_source(path)),
    )
