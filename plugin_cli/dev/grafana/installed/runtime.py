"""A Grafana installed on this machine as a runtime of `dev up`.

It runs as the user, on a port and with a database, plugins and provisioning of the session's own: a service
that runs from the same installation keeps its settings and its data.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.grafana.installed.plugin import linked, restarted_on_build, source_on_this_machine
from plugin_cli.dev.grafana.installed.provisioning import write_provisioning
from plugin_cli.dev.grafana.installed.server import (
    GrafanaServer,
    end_left_server,
    files_of,
    plugin_folder,
    running_server,
)
from plugin_cli.dev.grafana.installed.setup import make_folders, server_environment, server_flags
from plugin_cli.dev.grafana.installed.usable import UsableGrafana
from plugin_cli.dev.grafana.provisioning import watch_provisioning
from plugin_cli.dev.grafana.ready import wait_until_ready
from plugin_cli.dev.grafana.reload import reload_data_sources
from plugin_cli.dev.owner import Runtime
from plugin_cli.dev.supervisor.launch import check_backend
from plugin_cli.grafana_version import version_problem
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.ports import LOOPBACK, bind_loopback, free_port


@dataclass(frozen=True)
class _LocalRuntime:
    url: str
    backend: str
    what: str
    server: GrafanaServer
    name: str = "local"
    container: str | None = None
    engine: str | None = None

    def ended(self) -> str | None:
        return self.server.problem()


@contextmanager
def local_runtime(
    project: Project,
    folder: SessionFolder,
    grafana: UsableGrafana,
    console: Console,
    *,
    backend: str,
    port: int | None = None,
    debug_port: int | None = None,
) -> Iterator[Runtime]:
    """Run the installed Grafana with the plugin inside the block; nothing of it is left afterwards.

    Args:
        project: the plugin.
        folder: of the session.
        grafana: the installation.
        console: reports what happens.
        backend: `source` or `dist`.
        port: on 127.0.0.1; None: a free one.
        debug_port: where a debugger may attach to the source backend, on 127.0.0.1.

    Raises:
        ProjectError: nothing was built for this machine, or the source cannot be run behind Grafana here.
        ToolMissingError: Grafana cannot be executed.
        UsageError: the port is taken.
        PluginCliError: Grafana did not come up with the plugin; the message has its log lines.
    """
    kind = BackendKind(backend)
    check_backend(project, kind)
    problem = version_problem(project.metadata, grafana.version)
    if problem is not None:
        console.warn(f"{problem}; the plugin may not work in it")
    with ExitStack() as stack:
        end_left_server(folder)
        stack.callback(shutil.rmtree, files_of(folder), ignore_errors=True)
        with bind_loopback(port):
            pass  # a port that is taken is refused before anything is started
        log = LogWriter(folder.log, on_loss=console.warn)
        make_folders(folder)
        plugin = plugin_folder(folder, project.plugin_id)
        if kind is BackendKind.SOURCE:
            stack.enter_context(
                source_on_this_machine(project, folder, plugin, console, log, debug_port=debug_port)
            )
        else:
            stack.enter_context(linked(project.dist, plugin))
        port = port or free_port()
        environment = server_environment(project, folder, port)
        provisioning = files_of(folder) / "provisioning"
        write_provisioning(project.provisioning, provisioning)
        argv = [*grafana.installed.command, *server_flags(grafana.installed, folder)]
        url = f"http://{LOOPBACK}:{port}/"
        with console.working(f"starting {grafana}"):
            server = stack.enter_context(running_server(argv, environment, folder, project.plugin_id, log))
            wait_until_ready(project, url, folder.log, server.problem, server.final_lines)
        if kind is BackendKind.DIST:
            stack.enter_context(restarted_on_build(project, server.pid, console, log))

        def reload() -> str:
            write_provisioning(project.provisioning, provisioning)
            return reload_data_sources(url, environment)

        stack.enter_context(watch_provisioning(project, folder, reload, console, log))
        yield _LocalRuntime(url, backend, str(grafana), server)
