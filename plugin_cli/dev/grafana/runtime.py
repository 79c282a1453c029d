"""Grafana in Docker as a runtime of `dev up`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from plugin_cli.console import Console
from plugin_cli.dev.grafana.compose import read_grafana_service
from plugin_cli.dev.grafana.container import (
    PROVISIONING,
    ContainerPlan,
    Mounted,
    remove_containers,
    start_container,
)
from plugin_cli.dev.grafana.environment import grafana_environment
from plugin_cli.dev.grafana.image import need_image, with_tag
from plugin_cli.dev.grafana.mounts import dist_mounts, restarted_on_build, source_mounts
from plugin_cli.dev.grafana.provisioning import watch_provisioning
from plugin_cli.dev.grafana.ready import SHOWN_LINES, copy_lines, wait_until_ready
from plugin_cli.dev.grafana.reload import reload_data_sources
from plugin_cli.dev.owner import Runtime
from plugin_cli.errors import PluginCliError
from plugin_cli.grafana_image import GRAFANA_IMAGE
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.ports import LOOPBACK
from plugin_cli.target import Target

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_POLL_SECONDS = 0.25
_LOOK_SECONDS = 2.0
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@contextmanager
def docker_runtime(
    project: Project,
    folder: SessionFolder,
    engine: tuple[DockerClient, str],
    console: Console,
    *,
    backend: str,
    port: int | None = None,
    image: str | None = None,
    grafana_version: str | None = None,
    debug_port: int | None = None,
) -> Iterator[Runtime]:
    """Run Grafana with the plugin inside the block; nothing of it is left afterwards.

    Args:
        project: the plugin.
        folder: of the session.
        engine: a client, closed in the end, and the engine's address.
        console: reports what happens.
        backend: `source` or `dist`.
        port: on 127.0.0.1; None: a free one.
        image: instead of the one in docker-compose.yaml.
        grafana_version: another tag of it.
        debug_port: where a debugger may attach to the source backend, on 127.0.0.1.

    Raises:
        ProjectError: nothing was built for the engine's containers.
        ToolMissingError: the image is not here and cannot be fetched.
        UsageError: the port is taken.
        PluginCliError: Grafana did not come up with the plugin; the message has its log lines.
    """
    client, address = engine
    with ExitStack() as stack:
        stack.callback(client.close)
        remove_containers(client, folder.path.name)
        log = LogWriter(folder.log)
        target = engine_target(client)
        if backend == "source":
            mounts = stack.enter_context(
                source_mounts(project, folder, client, target, console, log, debug_port=debug_port)
            )
        else:
            mounts = dist_mounts(project, target)
        plan = make_plan(project, folder, mounts, port=port, image=image, grafana_version=grafana_version)
        stack.callback(_remove, client, plan, console)
        need_image(client, plan.image, console)
        with console.working(f"starting {plan.image}"):
            container, port = start_container(client, plan)
            stack.enter_context(_following(container, project.plugin_id, log))
            url = f"http://{LOOPBACK}:{port}/"
            wait_until_ready(
                project,
                url,
                folder.log,
                partial(container_problem, container),
                partial(_final_lines, container),
            )
        if backend == "dist":
            stack.enter_context(restarted_on_build(project, container, console, log))
        stack.enter_context(
            watch_provisioning(
                project, folder, lambda: reload_data_sources(url, plan.environment), console, log
            )
        )
        what = f"Grafana ({plan.image}, in Docker)"
        yield _DockerRuntime(url, backend, what, container, address, time.monotonic())


def make_plan(
    project: Project,
    folder: SessionFolder,
    mounts: tuple[Mounted, ...],
    *,
    port: int | None = None,
    image: str | None = None,
    grafana_version: str | None = None,
) -> ContainerPlan:
    """Return the container of this session, after docker-compose.yaml and the flags."""
    service = read_grafana_service(project.root / "docker-compose.yaml", os.environ)
    image = image or service.image or GRAFANA_IMAGE
    if grafana_version is not None:
        image = with_tag(image, grafana_version)
    if project.provisioning.is_dir():
        mounts = (*mounts, Mounted(project.provisioning, PROVISIONING))
    environment = grafana_environment(
        project.plugin_id, service.environment, project.provisioning, os.environ
    )
    name = f"plugin-cli-{folder.path.name}"
    return ContainerPlan(image, name, folder.path.name, environment, mounts, port)


def engine_target(client: DockerClient) -> Target:
    """Return what the engine's containers run."""
    machine = str(client.version().get("Arch", "amd64")).lower()
    return Target("linux", _ARCHITECTURES.get(machine, machine))


@dataclass
class _DockerRuntime:
    url: str
    backend: str
    what: str
    _container: Container
    engine: str | None
    _looked: float
    name: str = "docker"
    _problem: str | None = field(default=None)

    @property
    def container(self) -> str | None:
        return str(self._container.id)

    def ended(self) -> str | None:
        """Look at the container every two seconds; the engine need not be polled five times as often."""
        if time.monotonic() - self._looked < _LOOK_SECONDS:
            return None
        self._looked = time.monotonic()
        problem = container_problem(self._container)
        # A new build may restart the container, which then stands still for a moment.
        again = problem is not None and problem == self._problem
        self._problem = problem
        return problem if again else None


def container_problem(container: Container) -> str | None:
    """Return why the container no longer runs, or None."""
    import docker.errors
    import requests

    try:
        container.reload()
    except docker.errors.NotFound:
        return "the container was removed"
    except (docker.errors.DockerException, requests.RequestException) as error:
        return f"the Docker engine no longer answers: {error}"
    if container.status == "running":
        return None
    code = container.attrs.get("State", {}).get("ExitCode")
    return f"the container is {container.status} (exit code {code})"


@contextmanager
def _following(container: Container, plugin_id: str, log: LogWriter) -> Iterator[None]:
    """Write the container's lines that concern the plugin into the session's log."""
    ended = threading.Event()
    streams = [container.logs(stream=True, follow=True)]

    def follow() -> None:
        while not ended.is_set():
            began = int(time.time())
            copy_lines(streams[0], plugin_id, log)
            if ended.wait(_POLL_SECONDS):
                return
            # The container was restarted; one that is gone for good is noticed by the owner.
            with suppress(Exception):
                streams[0] = container.logs(stream=True, follow=True, since=began)

    thread = threading.Thread(target=follow, name="container-log", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        streams[0].close()
        thread.join(timeout=5)


def _remove(client: DockerClient, plan: ContainerPlan, console: Console) -> None:
    try:
        remove_containers(client, plan.session)
    except PluginCliError as error:
        console.warn(
            f"{error.what}; the container is removed by the next dev up, or by: docker rm -f {plan.name}"
        )


def _final_lines(container: Container) -> list[str]:
    """Return the container's final log lines, used if none of them is a warning about the plugin."""
    try:
        raw = container.logs(tail=SHOWN_LINES)
    except Exception as error:  # the engine or the container is gone
        return [str(error)]
    return [line for line in raw.decode("utf-8", "replace").splitlines() if line.strip()]
