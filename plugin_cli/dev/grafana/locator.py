"""The plugin folder of a development session that runs from source.

Grafana starts the executable in it, a locator, which prints where the backend listens and waits to be killed.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from plugin_cli.build.frontend.static_files import write_static_files
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.resources import launchers_dir
from plugin_cli.target import Target

# Waits under the number that Grafana kills, and keeps its own path among its words: what a crash leaves is
# found by it.
_SCRIPT = """#!/bin/sh
cat "${0%/*}/locator"
exec tail -n 0 -f "$0"
"""


def write_plugin_folder(project: Project, target: Target, handshake: str, out: Path) -> None:
    """Fill `out` with what Grafana loads, except for module.js.

    Args:
        project: the plugin.
        target: what the Grafana that loads it is.
        handshake: the line that the locator prints.
        out: an empty folder; its files are made readable by any user, since Grafana's is another one.
    """
    version = str(project.metadata.get("info", {}).get("version", ""))
    shown = version if version and "%" not in version else "0.0.0"
    write_static_files(project, out, version=shown, date=datetime.now(UTC).strftime("%Y-%m-%d"))
    executable = out / target.executable(project.executable)
    _write_locator(target, executable)
    (out / "locator").write_text(handshake, encoding="utf-8")
    for path in out.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path == executable else 0o644)


def copy_own_frontend(project: Project, out: Path) -> None:
    """Copy the frontend that the author built into dist/.

    Raises:
        ProjectError: there is none.
    """
    if not (project.dist / "module.js").is_file():
        raise ProjectError(
            f"{project.dist / 'module.js'} does not exist",
            why="this plugin has a frontend of its own, and it was not built",
            remedy="plugin-cli build",
        )
    for path in project.dist.iterdir():
        executable = path.name.startswith(project.metadata.get("executable", "\0"))
        if path.is_file() and not executable and not (out / path.name).exists():
            shutil.copyfile(path, out / path.name)


def check_locator(target: Target) -> None:
    """Refuse what Grafana on `target` cannot be led to.

    Raises:
        ProjectError: there is no locator for it.
    """
    if target.os == "windows":
        raise ProjectError(
            f"the source cannot be run behind a Grafana on {target}",
            why="Grafana starts programs there and no scripts",
            remedy="plugin-cli build   (then: plugin-cli dev up --backend dist)",
        )


def _write_locator(target: Target, executable: Path) -> None:
    """Write the static program where there is one, since an image may have no shell; else a script."""
    check_locator(target)
    program = launchers_dir() / f"locator_{target.folder}"
    if program.is_file():
        shutil.copyfile(program, executable)
    else:
        executable.write_text(_SCRIPT, encoding="utf-8")
