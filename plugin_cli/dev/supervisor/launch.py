"""How the next backend process of a session is launched."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from plugin_cli.calls.launch import BackendKind, LaunchSpec, backend_command
from plugin_cli.console import Console
from plugin_cli.dev.supervisor import failing_backend
from plugin_cli.dev.supervisor.debugger import with_debugger
from plugin_cli.project import Project
from plugin_cli.venv.create import environment_version


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
