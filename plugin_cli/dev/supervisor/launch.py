"""How the backend of a session is supervised, and its next process launched."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from plugin_cli.calls.launch import BackendKind, LaunchSpec, backend_command
from plugin_cli.console import Console
from plugin_cli.dev.supervisor import failing_backend
from plugin_cli.dev.supervisor.debugger import with_debugger
from plugin_cli.dev.supervisor.supervisor import Front, Supervisor
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.session.backend_record import report_status, write_status
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.cache import private_dir
from plugin_cli.target import host_target
from plugin_cli.venv.create import environment_version


def supervise(
    project: Project,
    folder: SessionFolder,
    front: Front,
    console: Console,
    log: LogWriter,
    *,
    kind: BackendKind,
    sockets: Path | None,
    debug_port: int | None = None,
    behind_grafana: bool = False,
) -> Supervisor:
    """Return what runs the backend of a session; its status is recorded, logged and warned about.

    Args:
        project: the plugin.
        folder: of the session.
        front: passes calls on to the backend.
        console: where what goes wrong is shown.
        log: gets the backend's lines.
        kind: source or dist.
        sockets: as for `launch_spec`.
        debug_port: as for `launch_spec`.
        behind_grafana: Grafana does not end the backend when it restarts, and where the backend does not run,
            a stand-in answers with the reason: the front has no words of its own.
    """
    env = {"PLUGIN_CLI_SOURCE_BACKEND": "1"} if behind_grafana else {}
    supervisor = Supervisor(
        project,
        lambda: launch_spec(project, kind, console, sockets=sockets, debug_port=debug_port, env=env),
        front,
        log,
        schemas=private_dir(folder.path / "schemas"),
        # There is one debugger's port.
        exclusive=debug_port is not None,
        stand_in=partial(failing_spec, sockets=sockets, env=env) if behind_grafana else None,
    )
    supervisor.subscribe(lambda status: write_status(folder, status))
    supervisor.subscribe(lambda status: report_status(status, log, console))
    return supervisor


def check_backend(project: Project, kind: BackendKind) -> None:
    """Refuse what no later change of a file would fix, before anything is started.

    Raises:
        ProjectError: there is no backend to run.
    """
    if kind is BackendKind.SOURCE:
        project.require_backend()
        return
    built = project.built_executable(host_target())
    if not built.is_file():
        raise ProjectError(
            f"{built.relative_to(project.root)} does not exist",
            why="the plugin was not built for this machine",
            remedy="plugin-cli build   (or: plugin-cli dev up --backend source)",
        )


def launch_spec(
    project: Project,
    kind: BackendKind,
    console: Console,
    *,
    sockets: Path | None,
    debug_port: int | None = None,
    env: Mapping[str, str] | None = None,
) -> LaunchSpec:
    """Return how to launch the next process; a changed pyproject.toml installs what it lists first.

    Args:
        project: the plugin.
        kind: source or dist.
        console: reports that the environment has to be made again.
        sockets: a directory that no other user of the machine may enter, for the processes' sockets; None:
            the system's temporary directory.
        debug_port: where a debugger may attach.
        env: added to the environment.

    Raises:
        PluginCliError: the backend cannot be launched.
    """
    found = backend_command(project, kind, console)
    found = replace(found, env=_environment(found.env, sockets, env))
    if found.kind is not BackendKind.SOURCE:
        return found
    if debug_port is not None:
        # There is one debugger's port: a process that stands by cannot hold it as well.
        return with_debugger(found, debug_port)
    return replace(found, standby=True, version=environment_version(project))


def failing_spec(reason: str, *, sockets: Path | None, env: Mapping[str, str] | None = None) -> LaunchSpec:
    """Return how to launch a backend that answers every call with `reason`, one sentence."""
    # The tool's own interpreter, away from the plugin's folder: nothing that is broken there is imported.
    own = {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        failing_backend.REASON_VARIABLE: reason,
    }
    return LaunchSpec(
        (sys.executable, "-P", "-m", failing_backend.__name__),
        _environment(os.environ, sockets, env) | own,
        Path(sys.prefix),
        BackendKind.SOURCE,
    )


def _environment(
    base: Mapping[str, str], sockets: Path | None, env: Mapping[str, str] | None
) -> dict[str, str]:
    own = {} if sockets is None else {"PLUGIN_UNIX_SOCKET_DIR": str(sockets)}
    return dict(base) | own | dict(env or {})
