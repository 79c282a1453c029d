"""Builds a Linux target inside a container: another architecture, or a host whose C library is too old."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from plugin_cli.adapters.process import run
from plugin_cli.console import Console
from plugin_cli.errors import ToolMissingError, UsageError
from plugin_cli.project import Project
from plugin_cli.target import Target

# glibc 2.36, Debian's; the Python of the image is the one that ships.
_IMAGE = "python:{version}-slim-bookworm"
_PREPARE = "apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils git >/dev/null"


def docker_command(project: Project, target: Target, image: str | None, tool: str) -> list[str]:
    """Return the command that builds `target` in a container of its architecture.

    The repository is mounted; the environment of the container lies in a volume of its own, since a
    host's .venv does not run there. `tool` is what pip installs plugin-cli from.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    script = " && ".join(
        [
            _PREPARE,
            f"pip install -q --root-user-action=ignore {shlex.quote(tool)}",
            f"plugin-cli build {target}",
            f"chown -R {_owner()} dist .plugin-cli",
        ]
    )
    volume = f"plugin-cli-{project.plugin_id}-{target.folder}"
    return [
        *("docker", "run", "--rm", "--platform", str(target)),
        *("-v", f"{project.root}:/plugin", "-v", f"{volume}:/plugin/.venv", "-w", "/plugin"),
        *(image or _IMAGE.format(version=version), "sh", "-euc", script),
    ]


def _tool(project: Project) -> str:
    """Return what pip installs the running plugin-cli from, seen from the repository."""
    from plugin_cli.adapters.tool_source import DISTRIBUTION, installed_tool, tool_source
    from plugin_cli.adapters.tool_wheel import local_wheel

    source = tool_source()
    if source.kind == "local":
        wheel, _ = local_wheel(source, project.state / "wheels")
        return f"./{wheel.relative_to(project.root).as_posix()}"
    return source.requirement or f"{DISTRIBUTION}=={installed_tool().version}"


def build_in_docker(project: Project, target: Target, image: str | None, console: Console) -> Path:
    """Build `target` in a container and return the executable.

    Raises:
        UsageError: the target is no Linux.
        ToolMissingError: docker is not installed.
        ToolFailedError: the container failed; its last words are in the message.
    """
    if target.os != "linux":
        raise UsageError(
            f"--docker does not build {target}",
            why="a container is always a Linux",
            remedy=f"build it on {target.os}, or in the release workflow: plugin-cli add ci",
        )
    remedy = (
        "docker run --privileged --rm tonistiigi/binfmt --install all   (once, for foreign architectures)"
    )
    try:
        with console.working(f"building {target} in a container"):
            run(
                docker_command(project, target, image, _tool(project)),
                what=f"{target} cannot be built in Docker",
                remedy=remedy,
            )
    except ToolMissingError as error:
        raise ToolMissingError(
            "--docker needs Docker", why=error.why, remedy="install it, or build in the release workflow"
        ) from error
    return project.built_executable(target)


def _owner() -> str:
    if sys.platform == "win32":
        return "0:0"
    return f"{os.getuid()}:{os.getgid()}"
