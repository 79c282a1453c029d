"""Breakpoints in a backend that runs from source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from plugin_cli.calls.launch import LaunchSpec
from plugin_cli.console import Console
from plugin_cli.errors import ProjectError, UsageError
from plugin_cli.project import Project
from plugin_cli.system.ports import LOOPBACK, bind_loopback
from plugin_cli.system.process import run
from plugin_cli.venv.create import ensure_environment


def check_debugger(project: Project, port: int, console: Console) -> None:
    """Refuse to start without what the debugger needs.

    Raises:
        UsageError: its port is taken.
        ProjectError: the plugin's environment has no debugpy.
    """
    try:
        bind_loopback(port).close()
    except UsageError as error:
        raise UsageError(
            f"the debugger's {error.what}", why=error.why, remedy="--debug-port NUMBER"
        ) from error
    python: Path = ensure_environment(project, console)
    found = run([python, "-c", "import debugpy"], what="debugpy cannot be looked for", check=False)
    if found.returncode != 0:
        raise ProjectError(
            "--debugpy: the plugin's environment has no debugpy",
            why="pyproject.toml does not ask for it",
            remedy='add "debugpy" to the list dev below [dependency-groups] in pyproject.toml',
        )


def with_debugger(spec: LaunchSpec, port: int) -> LaunchSpec:
    """Return how to start a backend that a debugger may attach to."""
    python, *rest = spec.argv
    # Frozen modules have no source lines to stop at; debugpy warns about them on every start.
    argv = (python, "-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"{LOOPBACK}:{port}", *rest)
    return replace(spec, argv=argv)
