"""Builds a Linux target inside a container: another architecture, or a host whose C library is too old."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from plugin_cli.build.facts import BuildFacts
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError, ToolFailedError, ToolMissingError, UsageError
from plugin_cli.project import Project
from plugin_cli.system.process import run
from plugin_cli.target import Target

# glibc 2.36, Debian's; the Python of the image is the one that ships.
_IMAGE = "python:{version}-slim-bookworm"
# An image of one's own may bring the tools, and then needs no Debian archive.
_PREPARE = (
    "command -v {program} >/dev/null || "
    "{{ apt-get update -qq && apt-get install -y -qq --no-install-recommends {package} >/dev/null; }}"
)
_EMULATION = (
    "docker run --privileged --rm tonistiigi/binfmt --install all   (once: this machine's kernel then runs "
    "programs of other architectures)"
)
# As seen from inside: where the engine runs without root, the repository's owner is root there.
_GIVE_BACK = "chown -R --reference=. dist .plugin-cli uv.lock 2>/dev/null || true"
# What a host says about its indexes and proxies holds in the container too. Docker takes the values
# itself, so that a password in one is in no command line and no message.
_PASSED_ON = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_PROXY"),
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INSECURE_HOST"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)


def docker_command(
    project: Project,
    target: Target,
    image: str | None,
    tool: str,
    facts: BuildFacts,
    *,
    locked: bool = False,
) -> list[str]:
    """Return the command that builds `target` in a container of its architecture.

    The repository is mounted; the environment of the container lies in a volume of its own, since a
    host's .venv does not run there. `tool` is what pip installs plugin-cli from. The time of the build
    is given along: git refuses to read a repository of another user.
    """
    steps = [
        f"trap {shlex.quote(_GIVE_BACK)} EXIT",
        _PREPARE.format(program="objdump", package="binutils"),
        *([_PREPARE.format(program="git", package="git")] if "git+" in tool else []),
        f"pip install -q --root-user-action=ignore {shlex.quote(tool)}",
        f"plugin-cli build {target}" + (" --locked" if locked else ""),
    ]
    volume = f"plugin-cli-{project.plugin_id}-{target.folder}"
    return [
        *("docker", "run", "--rm", "--name", _name(project, target), "--platform", str(target)),
        *(word for name in _PASSED_ON if name in os.environ for word in ("-e", name)),
        *("-e", f"SOURCE_DATE_EPOCH={int(facts.time.timestamp())}"),
        *(*_mounted(project), "-v", f"{volume}:/plugin/.venv"),
        *(_image(image), "sh", "-euc", "\n".join(steps)),
    ]


def _name(project: Project, target: Target) -> str:
    return f"plugin-cli-{project.plugin_id}-{target.folder}-{os.getpid()}"


def _mounted(project: Project) -> tuple[str, ...]:
    return ("-v", f"{project.root}:/plugin", "-w", "/plugin")


def _image(image: str | None) -> str:
    return image or _IMAGE.format(version=f"{sys.version_info[0]}.{sys.version_info[1]}")


def _tool(project: Project) -> str:
    """Return what pip installs the running plugin-cli from, seen from the repository."""
    from plugin_cli.venv.tool_source import DISTRIBUTION, installed_tool, tool_source
    from plugin_cli.venv.tool_wheel import local_wheel

    source = tool_source()
    if source.kind == "local":
        wheel, _ = local_wheel(source, project.state / "wheels")
        return f"./{wheel.relative_to(project.root).as_posix()}"
    return source.requirement or f"{DISTRIBUTION}=={installed_tool().version}"


def build_in_docker(
    project: Project,
    target: Target,
    image: str | None,
    facts: BuildFacts,
    console: Console,
    *,
    locked: bool = False,
) -> Path:
    """Build `target` in a container and return the executable.

    Raises:
        UsageError: the target is not Linux.
        ToolMissingError: docker is not installed.
        ToolFailedError: the container failed; the message has its final lines.
    """
    if target.os != "linux":
        raise UsageError(
            f"--docker does not build {target}",
            why="a container is always a Linux",
            remedy=f"build it on {target.os}, or in the release workflow: plugin-cli add ci",
        )
    # Otherwise Docker makes the folder it mounts the volume on, as root.
    project.environment.mkdir(exist_ok=True)
    try:
        with console.working(f"building {target} in a container"):
            command = docker_command(project, target, image, _tool(project), facts, locked=locked)
            run(command, what=f"{target} cannot be built in Docker")
    except ToolFailedError as error:
        if "exec format error" in error.output:
            error.remedy = _EMULATION
        raise
    except ToolMissingError as error:
        raise ToolMissingError(
            "--docker needs Docker", why=error.why, remedy="install it, or build in the release workflow"
        ) from error
    except KeyboardInterrupt:
        _clear_up(project, target, image)
        raise
    return project.built_executable(target)


def _clear_up(project: Project, target: Target, image: str | None) -> None:
    """End a container that outlives the interrupted command, and leave nothing that belongs to root."""
    what = "the container cannot be ended"
    give_back = [*("docker", "run", "--rm", "--platform", str(target)), *_mounted(project), _image(image)]
    for command in (
        ["docker", "rm", "--force", _name(project, target)],
        [*give_back, "sh", "-c", _GIVE_BACK],
    ):
        try:
            run(command, what=what, check=False)
        except PluginCliError:
            return  # no docker, so no container
