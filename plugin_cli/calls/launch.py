"""Starts a plugin's backend, built or from source, and gives a client of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project
from plugin_cli.system.process import child_environment
from plugin_cli.target import host_target

if TYPE_CHECKING:
    from plugin_sdk.client import LogLine, PluginProcess


class BackendKind(StrEnum):
    """Which backend is called."""

    AUTO = "auto"
    SOURCE = "source"
    DIST = "dist"
    DEV = "dev"


@dataclass(frozen=True)
class LaunchSpec:
    """How a backend is launched: nothing of the caller's environment reaches a built one, as in Grafana.

    Attributes:
        argv: the program and its arguments.
        env: its environment, whole.
        cwd: its working directory.
        kind: `SOURCE` or `DIST`.
        standby: whether the next process may be launched, and its packages imported, before the author saves.
        version: of the environment; a process that stands by from another version is of no use.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path
    kind: BackendKind
    standby: bool = False
    version: int = 0


def backend_command(project: Project, kind: BackendKind, console: Console) -> LaunchSpec:
    """Return how to start the backend; `AUTO` is the built one where it is newer than the source.

    `DEV` cannot be started: it runs already.

    Raises:
        ProjectError: the built backend was requested and is missing, or the source has no entry.
    """
    built = project.built_executable(host_target())
    if kind is BackendKind.DIST and not built.is_file():
        raise ProjectError(
            f"{built} does not exist",
            why="the plugin was not built for this machine",
            remedy="plugin-cli build",
        )
    if kind is BackendKind.DIST or (
        kind is BackendKind.AUTO and built.is_file() and not _is_stale(project, built)
    ):
        return LaunchSpec((str(built),), {}, project.root, BackendKind.DIST)
    return source_command(project, console)


def source_command(project: Project, console: Console) -> LaunchSpec:
    """Return how to run the backend from its source, in the plugin's own environment."""
    from plugin_cli.venv.create import ensure_environment
    from plugin_sdk import client as plugin_client

    backend = project.backend
    python = ensure_environment(project, console)
    passed = {
        name: value
        for name, value in child_environment().items()
        if not name.startswith(("PLUGIN_", "grafana_plugin"))
    }
    env = passed | {"PYTHONPATH": str(backend.folder)}
    argv = plugin_client.source_command(python, backend.package, backend.folder)
    return LaunchSpec(argv, env, project.root, BackendKind.SOURCE)


def _is_stale(project: Project, built: Path) -> bool:
    made = built.stat().st_mtime
    return any(path.stat().st_mtime > made for path in (project.root / "backend").rglob("*.py"))


@contextmanager
def running_backend(
    project: Project,
    kind: BackendKind,
    console: Console,
    on_log: Callable[[LogLine], None] | None = None,
) -> Iterator[tuple[BackendKind, PluginProcess]]:
    """Start the backend through the real handshake and end it afterwards; yields which it was as well.

    Raises:
        PluginCliError: it does not start; the message holds what it printed.
    """
    from plugin_sdk.client import PluginProcess, PluginStartError

    command = backend_command(project, kind, console)
    try:
        with console.waiting("starting the backend"):
            process = PluginProcess(
                command.argv, env=command.env, cwd=command.cwd, plugin_id=project.plugin_id, on_log=on_log
            )
            process.launch()
            _import_grpc(process)  # while the process starts
            process.__enter__()
    except PluginStartError as error:
        raise PluginCliError(
            f"the backend of {project.plugin_id} did not start ({command.kind.value})",
            why=str(error),
            remedy="plugin-cli doctor",
        ) from error
    try:
        yield command.kind, process
    finally:
        process.stop()


def _import_grpc(process: PluginProcess) -> None:
    """Import gRPC, which every call needs; a failure leaves no process behind."""
    try:
        importlib.import_module("grpc")
    except BaseException:
        process.discard()
        raise
