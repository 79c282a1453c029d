"""Finds a Docker engine; if there is none, gives the reason in one sentence."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plugin_cli.errors import ToolMissingError
from plugin_cli.system.parse import parse_json

if TYPE_CHECKING:
    from docker import DockerClient

# Docker 19.03: the first whose bind mounts never make a missing folder and that rootless Docker has.
_MIN_API = (1, 40)
_ANSWER_SECONDS = 10
_PREVIEW = "plugin-cli dev up --runtime preview   (needs no Docker)"


def connect(address: str | None = None) -> DockerClient:
    """Return a client of the engine at `address`, or of the one that the docker command would use.

    Raises:
        ToolMissingError: not installed, not running, not allowed, too old, or not on this machine.
    """
    address = address or engine_address()
    _check_local(address)
    client = _open(address)
    try:
        version = client.version()
    except Exception as error:
        client.close()
        raise _reason(address, error) from error
    _check_version(version, client)
    return client


def engine_address() -> str:
    """Return where the engine listens: DOCKER_HOST, the docker command's context, or a known socket.

    Raises:
        ToolMissingError: nothing of the kind is on this machine.
    """
    named = os.environ.get("DOCKER_HOST") or _context_address()
    if named:
        return named
    if sys.platform == "win32":
        return "npipe:////./pipe/docker_engine"
    candidates = _sockets()
    for path in candidates:
        if _exists(path):
            return f"unix://{path}"
    looked = f"none of these exists: {', '.join(str(path) for path in candidates)}"
    if shutil.which("docker") or shutil.which("dockerd"):
        raise _not_running(looked)
    if shutil.which("podman"):
        start = "podman machine start" if sys.platform == "darwin" else "systemctl --user start podman.socket"
        raise ToolMissingError(
            "Podman is installed, but its service does not run", why=looked, remedy=f"{start}\n{_PREVIEW}"
        )
    raise ToolMissingError(
        "Docker is not installed",
        why="neither a docker nor a podman command is on the PATH, and no engine's socket is there",
        remedy=f"https://docs.docker.com/engine/install/\n{_PREVIEW}",
    )


def _sockets() -> list[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    user = [Path(runtime)] if runtime else []
    return [
        Path("/var/run/docker.sock"),
        *(folder / "docker.sock" for folder in user),
        Path.home() / ".docker" / "run" / "docker.sock",
        *(folder / "podman" / "podman.sock" for folder in user),
        Path("/run/podman/podman.sock"),
    ]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return True  # not even allowed to look: that it is there and closed is what the user must hear


def _context_address() -> str | None:
    """Return the address of the context chosen with `docker context use`, if one was."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        config = parse_json((folder / "config.json").read_bytes())
        name = os.environ.get("DOCKER_CONTEXT") or config.get("currentContext")
    except (OSError, ValueError, AttributeError):
        name = os.environ.get("DOCKER_CONTEXT")
    if not name or name == "default":
        return None
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_context(name)
    except Exception:  # a context of another tool; the known sockets are tried instead
        return None
    return str(context.Host) if context is not None and context.Host else None


def _check_local(address: str) -> None:
    """Refuse an engine elsewhere: it has neither this folder nor this machine's 127.0.0.1."""
    parts = urlsplit(address)
    if parts.scheme in {"unix", "npipe", ""} or parts.hostname in {"localhost", "127.0.0.1", "::1"}:
        return
    raise ToolMissingError(
        f"the Docker engine at {parts.scheme}://{parts.hostname} is on another machine",
        why="it could not see this plugin's folder",
        remedy=f"unset DOCKER_HOST   (or: docker context use default)\n{_PREVIEW}",
    )


def _open(address: str) -> DockerClient:
    import docker

    try:
        # The version is requested afterwards, so that each failure gets its own message.
        return docker.DockerClient(base_url=address, version="1.40", timeout=_ANSWER_SECONDS)
    except Exception as error:
        raise ToolMissingError(
            f"invalid Docker engine address {address!r}",
            why=str(error),
            remedy=f"unset DOCKER_HOST   (or set it to such as unix:///var/run/docker.sock)\n{_PREVIEW}",
        ) from error


def _reason(address: str, error: Exception) -> ToolMissingError:
    causes = _errno_of(error)
    if errno.EACCES in causes or errno.EPERM in causes:
        return ToolMissingError(
            "Docker is there, but this user may not use it",
            why=f"no permission on {address.removeprefix('unix://')}",
            remedy=f"sudo usermod -aG docker $USER   (then log in again)\n{_PREVIEW}",
        )
    text = str(error)
    if "too old" in text or "too new" in text or "Minimum supported API version" in text:
        return ToolMissingError("the Docker engine speaks another version", why=text, remedy=_update())
    return _not_running(f"{address}: {_short(error)}")


def _errno_of(error: BaseException) -> set[int]:
    """Return the system's error numbers in the chain; HTTP libraries wrap them several times."""
    found: set[int] = set()
    links: list[Any] = [error]
    seen: set[int] = set()
    while links:
        link = links.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        if isinstance(link, OSError) and link.errno is not None:
            found.add(link.errno)
        links += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return found


def _not_running(why: str) -> ToolMissingError:
    start = "open Docker Desktop" if sys.platform in {"win32", "darwin"} else "sudo systemctl start docker"
    return ToolMissingError(
        "Docker is installed, but its engine does not answer", why=why, remedy=f"{start}\n{_PREVIEW}"
    )


def _check_version(version: dict[str, Any], client: DockerClient) -> None:
    spoken = str(version.get("ApiVersion", "0.0"))
    major, _, minor = spoken.partition(".")
    if not (major.isdigit() and minor.isdigit()) or (int(major), int(minor)) < _MIN_API:
        client.close()
        raise ToolMissingError(
            f"the Docker engine is too old: {version.get('Version', 'unknown version')}",
            why=f"it speaks API {spoken}; {'.'.join(map(str, _MIN_API))} is needed (Docker 19.03)",
            remedy=_update(),
        )
    if str(version.get("Os", "linux")) == "windows":
        client.close()
        raise ToolMissingError(
            "the Docker engine runs Windows containers",
            why="Grafana's image is a Linux one",
            remedy=f"Docker Desktop's menu: Switch to Linux containers\n{_PREVIEW}",
        )


def _update() -> str:
    return f"https://docs.docker.com/engine/install/\n{_PREVIEW}"


def _short(error: Exception) -> str:
    """Return the innermost reason; the libraries put their own class names around it."""
    numbers = _errno_of(error)
    if numbers:
        return ", ".join(sorted(os.strerror(number) for number in numbers))
    return str(error)
