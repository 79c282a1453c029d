"""Grafana in Docker as a runtime of `dev up`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from plugin_cli.console import Console
from plugin_cli.dev.grafana.compose import read_grafana_service
from plugin_cli.dev.grafana.container import (
    PROVISIONING,
    ContainerPlan,
    Mounted,
    grafana_environment,
    remove_containers,
    start_container,
)
from plugin_cli.dev.grafana.http import GrafanaClient, Progress
from plugin_cli.dev.grafana.image import need_image, with_tag
from plugin_cli.dev.grafana.mounts import dist_mounts, restarted_on_build, source_mounts
from plugin_cli.dev.grafana.provisioning import watch_provisioning
from plugin_cli.dev.grafana.reload import reload_data_sources
from plugin_cli.dev.owner import Runtime
from plugin_cli.errors import PluginCliError
from plugin_cli.grafana_image import GRAFANA_IMAGE
from plugin_cli.project import Project
from plugin_cli.session.grafana_log import concerns, parse_line
from plugin_cli.session.log import LogEntry, LogWriter, rank, read_log
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.ports import LOOPBACK
from plugin_cli.target import Target

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

_READY_SECONDS = 120.0
# Grafana answers its health check after it has loaded its plugins: one not listed soon after never will be.
_REGISTER_SECONDS = 10.0
_ANSWER_SECONDS = 20.0
_POLL_SECONDS = 0.25
_LOOK_SECONDS = 2.0
_SHOWN_LINES = 25
# The fields of a line that carry a reason; times and loggers do not.
_TELLING = {"error", "err", "reason", "path", "status"}
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
            _wait_until_ready(project, container, url, folder.log)
        if backend == "dist":
            stack.enter_context(restarted_on_build(project, container, console, log))
        stack.enter_context(
            watch_provisioning(
                project, folder, lambda: reload_data_sources(url, plan.environment), console, log
            )
        )
        yield _DockerRuntime(url, backend, container, address, time.monotonic())


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
            _copy_lines(streams[0], plugin_id, log)
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


def _copy_lines(stream: Iterable[bytes], plugin_id: str, log: LogWriter) -> None:
    rest = b""
    try:
        for part in stream:
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                _keep(line, plugin_id, log)
    except Exception as error:  # the engine went away; the owner notices that by itself
        log.line("dev", "debug", "the container's log ended", reason=str(error))
    if rest:
        _keep(rest, plugin_id, log)


def _remove(client: DockerClient, plan: ContainerPlan, console: Console) -> None:
    try:
        remove_containers(client, plan.session)
    except PluginCliError as error:
        console.warn(
            f"{error.what}; the container is removed by the next dev up, or by: docker rm -f {plan.name}"
        )


def _keep(line: bytes, plugin_id: str, log: LogWriter) -> None:
    text = line.decode("utf-8", "replace").rstrip()
    if text:
        entry = parse_line(text, time.time())
        if concerns(entry, plugin_id):
            log.write(entry)


def _wait_until_ready(project: Project, container: Container, url: str, log: Path) -> None:
    grafana = GrafanaClient(url)
    uid = _provisioned_uid(project)
    started, up_since = time.monotonic(), 0.0
    try:
        while True:
            progress = grafana.progress(project.plugin_id, uid)
            if progress.backend:
                return
            now = time.monotonic()
            up_since = up_since or (now if progress.grafana else 0.0)
            problem = container_problem(container) or _overdue(
                progress, now - started, up_since and now - up_since
            )
            if problem is not None:
                raise _not_ready(project, problem, container, log)
            time.sleep(_POLL_SECONDS)
    finally:
        grafana.close()


def _overdue(progress: Progress, waited: float, up: float) -> str | None:
    words = f": {progress.words}" if progress.words else ""
    if up > _REGISTER_SECONDS and not progress.registered:
        return f"Grafana runs but did not load the plugin{words}"
    if up > _ANSWER_SECONDS:
        return f"Grafana runs, but the plugin's backend does not answer{words}"
    return "Grafana did not answer in time" if waited > _READY_SECONDS else None


def _provisioned_uid(project: Project) -> str | None:
    """Return the data source whose health is checked; None if nothing is provisioned."""
    from plugin_cli.provisioning.read import load_settings

    folder = project.provisioning / "datasources"
    return load_settings(project).uid if any(folder.glob("*.y*ml")) else None


def _not_ready(project: Project, problem: str, container: Container, log: Path) -> PluginCliError:
    entries = [entry for entry in read_log(log) if rank(entry.level) >= rank("warn")]
    # Grafana repeats a line while it waits: once is enough.
    reasons = dict.fromkeys(_line(entry) for entry in entries)
    lines = "\n".join(reasons).splitlines()[-_SHOWN_LINES:] or _final_lines(container)
    return PluginCliError(
        f"Grafana did not come up with {project.plugin_id}: {problem}",
        why="\n".join(lines),
        remedy="plugin-cli validate   (and: plugin-cli doctor)",
    )


def _line(entry: LogEntry) -> str:
    short = {
        name: value for name, value in entry.fields.items() if "\n" not in str(value) and name in _TELLING
    }
    long = [str(value).rstrip() for value in entry.fields.values() if "\n" in str(value)]
    pairs = "".join(f" {name}={value}" for name, value in short.items())
    return "\n".join([f"{entry.level} {entry.message}{pairs}", *long])


def _final_lines(container: Container) -> list[str]:
    """Return the container's final log lines, used if none of them is a warning about the plugin."""
    try:
        raw = container.logs(tail=_SHOWN_LINES)
    except Exception as error:  # the engine or the container is gone
        return [str(error)]
    return [line for line in raw.decode("utf-8", "replace").splitlines() if line.strip()]
