"""Grafana in a container: how it is set up, started on an engine, and removed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.system.ports import LOOPBACK, free_port, port_error

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

LABEL = "org.plugin-cli.session"
PLUGINS = "/var/lib/grafana/plugins"
PROVISIONING = "/etc/grafana/provisioning"
_PORT = "3000/tcp"
_PORT_TRIES = 5
# Ends every process whose command lies in the plugin's folder, but not the shell that looks for it.
_END = (
    'for p in /proc/[0-9]*; do [ "${p#/proc/}" = $$ ] && continue; '
    "case \"$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)\" in *%s/*) kill \"${p#/proc/}\" 2>/dev/null;; esac; "
    "done; true"
)


@dataclass(frozen=True)
class Mounted:
    """A folder of this machine that the container sees and cannot change."""

    source: Path
    target: str


@dataclass(frozen=True)
class ContainerPlan:
    """Everything that decides what the container is; made without asking the engine.

    Attributes:
        image: with its tag.
        name: in the engine; one a session.
        session: the session's folder name, by which a crashed run's container is found again.
        environment: may hold secrets, so it is never shown.
        mounts: all of them read-only.
        port: on 127.0.0.1; None: a free one.
    """

    image: str
    name: str
    session: str
    environment: Mapping[str, str]
    mounts: tuple[Mounted, ...]
    port: int | None

    def __repr__(self) -> str:
        return f"ContainerPlan({self.image!r}, {self.name!r})"


def start_container(client: DockerClient, plan: ContainerPlan) -> tuple[Container, int]:
    """Start the container, whose image is there; return it and its port on 127.0.0.1.

    Raises:
        UsageError: the port is taken.
        PluginCliError: the engine refuses.
    """
    import docker.errors

    for mount in plan.mounts:
        if not mount.source.is_dir():
            raise ProjectError(f"{mount.source} is not a folder", why=f"it is mounted as {mount.target}")
    for _ in range(_PORT_TRIES):
        # Chosen here and not by the engine, which would choose another one when the container is restarted.
        port = plan.port or free_port()
        container = _create(client, plan, port)
        try:
            container.start()
            return container, port
        except docker.errors.APIError as error:
            container.remove(force=True, v=True)
            if not (_is_port_taken(error) and plan.port is None):
                raise _start_error(plan, error) from error
        except BaseException:
            container.remove(force=True, v=True)
            raise
    raise PluginCliError("no free port on 127.0.0.1 stays free long enough", remedy="--port NUMBER")


def _create(client: DockerClient, plan: ContainerPlan, port: int) -> Container:
    import docker.errors
    from docker.types import Mount

    try:
        return client.containers.create(
            plan.image,
            name=plan.name,
            labels={LABEL: plan.session},
            environment=dict(plan.environment),
            # Mounts of this kind fail where the folder is missing; the short form would make it, as root.
            mounts=[
                Mount(mount.target, str(mount.source), type="bind", read_only=True) for mount in plan.mounts
            ],
            # Never an outside address: anyone who can reach this Grafana is its administrator.
            ports={_PORT: (LOOPBACK, port)},
            # Where SELinux guards the host, a container could not read the folders otherwise.
            security_opt=["label=disable"],
        )
    except docker.errors.APIError as error:
        raise PluginCliError(
            "the Docker engine refuses to make the container", why=_explained(error)
        ) from error


def _is_port_taken(error: Any) -> bool:
    text = _explained(error)
    return any(words in text for words in ("already allocated", "address already in use", "port is already"))


def _start_error(plan: ContainerPlan, error: Any) -> PluginCliError:
    if _is_port_taken(error):
        return port_error(plan.port, OSError(_explained(error)))
    return PluginCliError("the Docker engine cannot start the container", why=_explained(error))


def remove_containers(client: DockerClient, session: str) -> int:
    """Remove what a session's label is on, running or not, with its volumes; return how many there were.

    Raises:
        PluginCliError: the engine does not answer, or refuses.
    """
    import docker.errors
    import requests

    try:
        found = client.containers.list(all=True, filters={"label": f"{LABEL}={session}"})
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise PluginCliError("the Docker engine no longer answers", why=str(error)) from error
    for container in found:
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            continue  # removed by hand meanwhile
        except (docker.errors.DockerException, requests.RequestException) as error:
            if getattr(error, "status_code", 0) != 409:  # its removal is under way already
                raise PluginCliError(
                    "the Docker engine cannot remove a container", why=_explained(error)
                ) from error
    return len(found)


def _explained(error: Any) -> str:
    return str(getattr(error, "explanation", None) or error)


def end_plugin_process(container: Container, plugin_id: str) -> bool:
    """Stop the plugin's process in the container, so that Grafana restarts it; return False on failure.

    By a shell in the container, which runs as Grafana's user as the plugin does; an image without one is
    restarted whole.
    """
    import docker.errors
    import requests

    try:
        code, _ = container.exec_run(["sh", "-c", _END % f"{PLUGINS}/{plugin_id}"])
        if code == 0:
            return True
        container.restart(timeout=5)
    except (docker.errors.DockerException, requests.RequestException):
        return False
    return True
