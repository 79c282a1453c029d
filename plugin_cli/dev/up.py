"""`dev up`: runs Grafana in Docker, the Grafana installed here, or the embedded preview until stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from plugin_cli.console import Console
from plugin_cli.dev.choose import RUNTIMES, chosen
from plugin_cli.dev.cleanup import clean_crashed, clean_unrecorded
from plugin_cli.dev.detach import start_owner
from plugin_cli.dev.owner import DevUpResult, Runtime, own_session
from plugin_cli.dev.supervisor.debugger import check_debugger
from plugin_cli.errors import PluginCliError, UsageError, choice_error
from plugin_cli.project import find_project
from plugin_cli.session.record import SessionFolder, session_folder

BACKENDS = ("source", "dist")
_OTHER_STARTS_SECONDS = 120.0


def dev_up(
    root: Path,
    console: Console,
    ready: Callable[[DevUpResult], None],
    *,
    runtime: str = "auto",
    backend: str = "source",
    port: int | None = None,
    detach: bool = False,
    settings_file: Path | None = None,
    image: str | None = None,
    grafana_version: str | None = None,
    grafana: Path | None = None,
    debug_port: int | None = None,
    reports: bool = False,
) -> DevUpResult:
    """Start the session, or find the one that runs; without `detach`, stay until it is stopped.

    Args:
        root: a folder inside the plugin's repository.
        console: reports what happens.
        ready: called once, when the page can be opened.
        runtime: `auto` is Docker where an engine answers, else a Grafana installed here, else the preview.
        backend: `source` runs what the author writes, `dist` what was built.
        port: on 127.0.0.1; None: a free one.
        detach: return when it runs.
        settings_file: the preview's data source settings instead of provisioning/.
        image: the Grafana image instead of the one in docker-compose.yaml.
        grafana_version: another tag of that image.
        grafana: the installed Grafana, program or folder; `auto` is `local` then.
        debug_port: where a debugger may attach to the backend from source; None: nowhere.
        reports: this process was started by a detaching one, which reads its failure from the folder.

    Raises:
        UsageError: a flag's value is not allowed, or the port is taken.
        ToolMissingError: Docker or an installed Grafana was requested, and there is none.
        ProjectError: the plugin cannot be run.
        PluginCliError: it did not become ready, or ended by itself.
    """
    runtime = _checked(runtime, backend, grafana=grafana, image=image or grafana_version)
    project = find_project(root)
    folder = session_folder(project.root)
    found = _running(folder)
    if found is not None:
        ready(found)
        return found
    if detach:
        arguments = _arguments(
            runtime=runtime,
            backend=backend,
            port=port,
            settings=settings_file and settings_file.resolve(),
            image=image,
            grafana_version=grafana_version,
            grafana=grafana and grafana.resolve(),
            debug_port=debug_port,
        )
        result = start_owner(folder, arguments, project.root, console)
        ready(result)
        return result

    def preview() -> AbstractContextManager[Runtime]:
        from plugin_cli.dev.preview.runtime import preview_runtime

        return preview_runtime(
            project,
            folder,
            console,
            backend=backend,
            port=port,
            settings_file=settings_file,
            debug_port=debug_port,
        )

    def docker() -> AbstractContextManager[Runtime]:
        from plugin_cli.dev.grafana.runtime import docker_runtime
        from plugin_cli.system.docker_engine import connect, engine_address

        address = engine_address()
        return docker_runtime(
            project,
            folder,
            (connect(address), address),
            console,
            backend=backend,
            port=port,
            image=image,
            grafana_version=grafana_version,
            debug_port=debug_port,
        )

    def local() -> AbstractContextManager[Runtime]:
        from plugin_cli.dev.grafana.installed.runtime import local_runtime
        from plugin_cli.dev.grafana.installed.usable import usable_grafana

        found = usable_grafana(project, grafana, backend, only_allowed=runtime == "auto")
        return local_runtime(
            project, folder, found, console, backend=backend, port=port, debug_port=debug_port
        )

    try:
        if debug_port is not None:
            check_debugger(project, debug_port, console)
        starts = {"docker": docker, "local": local, "preview": preview}
        start = partial(_clean_start, folder, partial(chosen, runtime, starts, console))
        return own_session(project, folder, start, console, ready, clean_crashed, settings_file)
    except PluginCliError as error:
        if reports:
            folder.write_failure(error)
        raise


def _checked(runtime: str, backend: str, *, grafana: Path | None, image: str | None) -> str:
    """Return the runtime that the flags mean."""
    if runtime not in RUNTIMES:
        raise choice_error("--runtime", runtime, RUNTIMES)
    if backend not in BACKENDS:
        raise choice_error("--backend", backend, BACKENDS)
    if grafana is not None and runtime not in ("auto", "local"):
        raise UsageError(
            f"--grafana does not go with --runtime {runtime}",
            why="it names a Grafana that is installed on this machine",
            remedy=f"plugin-cli dev up --runtime local --grafana {grafana}",
        )
    runtime = "local" if grafana is not None else runtime
    if image is not None and runtime == "local":
        raise UsageError(
            "--image and --grafana-version do not go with --runtime local",
            why="they choose an image of Grafana for Docker",
            remedy="--grafana PATH names another installed Grafana",
        )
    return runtime


def _clean_start(
    folder: SessionFolder, start: Callable[[], AbstractContextManager[tuple[Runtime, str]]]
) -> AbstractContextManager[tuple[Runtime, str]]:
    """Start, once the session is owned, where nothing runs of an owner that died before it was recorded."""
    clean_unrecorded(folder)
    return start()


def _running(folder: SessionFolder) -> DevUpResult | None:
    """Return the session that runs; one that another `dev up` is just starting is waited for."""
    deadline = time.monotonic() + _OTHER_STARTS_SECONDS
    while folder.owned() and time.monotonic() < deadline:
        session = folder.live()
        if session is not None:
            return DevUpResult(session, found=True)
        time.sleep(0.1)
    return None


def _arguments(*, debug_port: int | None, **flags: str | int | Path | None) -> list[str]:
    """Return the command line of the same session in the foreground of another process."""
    words = ["dev", "up", "--reports"]
    for name, value in flags.items():
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words if debug_port is None else [*words, "--debugpy", "--debug-port", str(debug_port)]
