"""`dev up`: Grafana in Docker or the embedded preview, running until somebody ends it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.cleanup import clean_crashed
from plugin_cli.dev.detach import start_owner
from plugin_cli.dev.owner import DevUpResult, Runtime, own_session
from plugin_cli.dev.preview.rich_page import rich_page
from plugin_cli.dev.supervisor.debugger import check_debugger
from plugin_cli.errors import PluginCliError, ToolMissingError, choice_error
from plugin_cli.project import Project, find_project
from plugin_cli.session.record import SessionFolder, session_folder

RUNTIMES = ("auto", "docker", "preview")
BACKENDS = ("source", "dist")
_OTHER_STARTS_SECONDS = 120.0


@dataclass(frozen=True)
class DevUpRequest:
    """What to start.

    Attributes:
        root: a folder inside the plugin's repository.
        runtime: `auto` is Docker where an engine answers, else the preview.
        backend: `source` runs what the author writes, `dist` what was built.
        port: on 127.0.0.1; None: a free one.
        detach: return when it runs.
        settings_file: the preview's data source settings instead of provisioning/.
        image: the Grafana image instead of the one in docker-compose.yaml.
        grafana_version: another tag of that image.
        debug_port: where a debugger may attach to the backend from source; None: nowhere.
        reports: this process was started by a detaching one, which reads its failure from the folder.
    """

    root: Path
    runtime: str = "auto"
    backend: str = "source"
    port: int | None = None
    detach: bool = False
    settings_file: Path | None = None
    image: str | None = None
    grafana_version: str | None = None
    debug_port: int | None = None
    reports: bool = False


def dev_up(request: DevUpRequest, console: Console, ready: Callable[[DevUpResult], None]) -> DevUpResult:
    """Start the session, or find the one that runs; without `detach`, stay until it is ended.

    Args:
        request: what to start.
        console: where it is said.
        ready: called once, when the page can be opened.

    Raises:
        UsageError: a flag's value is not allowed, or the port is taken.
        ToolMissingError: Docker was asked for and does not answer.
        ProjectError: the plugin cannot be run.
        PluginCliError: it did not become ready, or ended by itself.
    """
    _check(request)
    project = find_project(request.root)
    folder = session_folder(project.root)
    found = _running(folder)
    if found is not None:
        ready(found)
        return found
    if request.detach:
        if _shows_preview(request):
            rich_page(console)  # where its progress is seen
        result = DevUpResult(start_owner(folder, _arguments(request), project.root, console))
        ready(result)
        return result
    try:
        if request.debug_port is not None:
            check_debugger(project, request.debug_port, console)
        start = _starter(project, folder, request, console)
        return own_session(project, folder, start, console, ready, clean_crashed, request.settings_file)
    except PluginCliError as error:
        if request.reports:
            folder.write_failure(error)
        raise


def _check(request: DevUpRequest) -> None:
    if request.runtime not in RUNTIMES:
        raise choice_error("--runtime", request.runtime, RUNTIMES)
    if request.backend not in BACKENDS:
        raise choice_error("--backend", request.backend, BACKENDS)


def _running(folder: SessionFolder) -> DevUpResult | None:
    """Return the session that runs; one that another `dev up` is just starting is waited for."""
    deadline = time.monotonic() + _OTHER_STARTS_SECONDS
    while folder.owned() and time.monotonic() < deadline:
        session = folder.recorded()
        if session is not None:
            return DevUpResult(session, found=True)
        time.sleep(0.1)
    return None


def _starter(
    project: Project, folder: SessionFolder, request: DevUpRequest, console: Console
) -> Callable[[], AbstractContextManager[Runtime]]:
    def start() -> AbstractContextManager[Runtime]:
        if request.runtime != "preview":
            try:
                return _docker(project, folder, request, console)
            except ToolMissingError as error:
                if request.runtime == "docker":
                    raise
                console.step(f"{error.what}: running the embedded preview instead of Grafana")
        return _preview(project, folder, request, console)

    return start


def _preview(
    project: Project, folder: SessionFolder, request: DevUpRequest, console: Console
) -> AbstractContextManager[Runtime]:
    from plugin_cli.dev.preview.runtime import PreviewOptions, preview_runtime

    options = PreviewOptions(request.backend, request.port, request.settings_file, request.debug_port)
    return preview_runtime(project, folder, options, console)


def _docker(
    project: Project, folder: SessionFolder, request: DevUpRequest, console: Console
) -> AbstractContextManager[Runtime]:
    from plugin_cli.dev.grafana.runtime import DockerOptions, docker_runtime
    from plugin_cli.system.docker_engine import connect, engine_address

    options = DockerOptions(
        request.backend, request.port, request.image, request.grafana_version, request.debug_port
    )
    address = engine_address()
    return docker_runtime(project, folder, (connect(address), address), options, console)


def _shows_preview(request: DevUpRequest) -> bool:
    if request.runtime != "auto":
        return request.runtime == "preview"
    from plugin_cli.system.docker_engine import connect, engine_address

    try:
        connect(engine_address()).close()
    except ToolMissingError:
        return True
    return False


def _arguments(request: DevUpRequest) -> list[str]:
    """Return the command line of the same session in the foreground of another process."""
    flags = replace(request, detach=False)
    words = ["dev", "up", "--reports", "--runtime", flags.runtime, "--backend", flags.backend]
    for name, value in (
        ("--port", flags.port),
        ("--settings", flags.settings_file and flags.settings_file.resolve()),
        ("--image", flags.image),
        ("--grafana-version", flags.grafana_version),
        ("--debug-port", flags.debug_port),
    ):
        if value is not None:
            words += [name, str(value)]
    return [*words, "--debugpy"] if flags.debug_port is not None else words
