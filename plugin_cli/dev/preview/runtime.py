"""The preview as a runtime of `dev up`: backend, frontend, routes and the page, watched for changes."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.frontend import DevFrontend
from plugin_cli.dev.owner import Runtime
from plugin_cli.dev.preview.alerts.engine import Alerts
from plugin_cli.dev.preview.app import Preview, create_app
from plugin_cli.dev.preview.events import Events, page_status
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.pages import Page, PageBuild
from plugin_cli.dev.preview.server import PreviewServer
from plugin_cli.dev.preview.settings import DevSettings
from plugin_cli.dev.preview.supervised_bridge import SupervisedBridge
from plugin_cli.dev.preview.threads import Pools
from plugin_cli.dev.supervisor.launch import launch_spec
from plugin_cli.dev.supervisor.supervisor import Supervisor
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendStatus, report_status, write_status
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.cache import private_dir
from plugin_cli.system.ports import LOOPBACK, bind_loopback
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.target import host_target

# How long the page waits to say at once whether the author's code was loaded.
_LOAD_SECONDS = 10.0


@dataclass(frozen=True)
class _PreviewRuntime:
    url: str
    backend: str
    server: PreviewServer
    name: str = "preview"
    container: str | None = None
    engine: str | None = None

    def ended(self) -> str | None:
        return self.server.problem()


@contextmanager
def preview_runtime(
    project: Project,
    folder: SessionFolder,
    console: Console,
    *,
    backend: str,
    port: int | None = None,
    settings_file: Path | None = None,
    debug_port: int | None = None,
) -> Iterator[Runtime]:
    """Run the preview inside the block.

    Args:
        project: the plugin.
        folder: of the session.
        console: reports what happens.
        backend: `source` or `dist`.
        port: on 127.0.0.1; None: a free one.
        settings_file: the data source's settings instead of provisioning/.
        debug_port: where a debugger may attach to the source backend, on 127.0.0.1.

    Raises:
        UsageError: the port is taken.
        ProjectError: the backend was not built, or provisioning/ is wrong.
    """
    kind = BackendKind(backend)
    _check_backend(project, kind)
    settings = DevSettings(project, settings_file, console)
    with ExitStack() as stack:
        listener = stack.enter_context(bind_loopback(port))
        port = int(listener.getsockname()[1])
        log = LogWriter(folder.log, tell=console.warn)
        session = PreviewSession(
            project, folder, console, log, kind=kind, settings=settings, debug_port=debug_port
        )
        stack.callback(session.close)
        session.open()
        build = PageBuild(console, log, session.page_changed)
        app = create_app(session.preview(build.page), port=port)
        server = stack.enter_context(
            PreviewServer(app, listener, lambda text: log.line("dev", "error", text))
        )
        # Before the server waits for its connections to end: event streams end by this alone.
        stack.callback(session.close_streams)
        stack.callback(build.stop)
        build.start()
        stack.enter_context(watching(session.watched, session.concerns, session.changed))
        if not settings.is_provisioned:
            stack.enter_context(
                watching([settings.folder], settings.concerns, session.changed, recursive=False)
            )
        yield _PreviewRuntime(f"http://{LOOPBACK}:{port}/", kind.value, server)


def _check_backend(project: Project, kind: BackendKind) -> None:
    """Refuse what no later change of a file would fix, before anything is started."""
    if kind is BackendKind.SOURCE:
        project.require_backend()
        return
    built = project.built_executable(host_target())
    if not built.is_file():
        raise ProjectError(
            f"{built.relative_to(project.root)} does not exist",
            why="the plugin was not built for this machine",
            remedy="plugin-cli build   (or: plugin-cli dev up --backend source)",
        )


class PreviewSession:
    """What the preview is made of: backend, frontend, data source and event streams, and what a save does."""

    def __init__(
        self,
        project: Project,
        folder: SessionFolder,
        console: Console,
        log: LogWriter,
        *,
        kind: BackendKind,
        settings: DevSettings,
        debug_port: int | None = None,
    ) -> None:
        self._project = project
        self._kind = kind
        self._console = console
        self._log = log
        self._made = folder.path / "public"
        self._schemas = private_dir(folder.path / "schemas")
        # In the temporary folder, because the kernel takes no long paths for sockets.
        self._sockets = Path(tempfile.mkdtemp(prefix="plugin-cli-"))
        self._events = Events()
        self._pools = Pools()
        self._settings = settings
        self._is_source = source_filter(project.root)
        self._bridge = SupervisedBridge(project.plugin_id)
        self._supervisor = Supervisor(
            project,
            lambda: launch_spec(project, kind, console, sockets=self._sockets, debug_port=debug_port),
            self._bridge,
            log,
            schemas=self._schemas,
            exclusive=debug_port is not None,
        )
        self._supervisor.subscribe(lambda status: write_status(folder, status))
        self._supervisor.subscribe(lambda status: report_status(status, log, console))
        self._supervisor.subscribe(self._report_to_page)
        self._frontend = DevFrontend(
            project, self._made, console, lambda: self._supervisor.schema(_LOAD_SECONDS)
        )
        self._live = Live(self._bridge, lambda: settings.store.settings, self._pools)

    @property
    def watched(self) -> list[Path]:
        """What the author changes: the data source, and the source or what a build puts into dist/."""
        return [*self._code, *([self._settings.folder] if self._settings.is_provisioned else [])]

    @property
    def _code(self) -> list[Path]:
        if self._kind is BackendKind.DIST:
            return [self._project.dist]
        return [self._project.root / "backend", self._project.root / "src"]

    def concerns(self, path: Path) -> bool:
        """Return True if a change of `path` matters."""
        is_code = any(path.is_relative_to(folder) for folder in self._code) and self._is_source(path)
        return is_code or self._settings.concerns(path)

    def open(self) -> None:
        """Start the backend, and make the frontend from what it says of its models."""
        self._supervisor.replace()
        self._frontend.make()
        self._supervisor.wait_until_loaded(_LOAD_SECONDS)

    def preview(self, page: Page) -> Preview:
        """Return what the application serves."""
        from plugin_sdk import __version__

        project = self._project
        folders = [project.dist, project.plugin_json.parent]
        if self._kind is BackendKind.SOURCE:
            folders.insert(0, self._made)
        return Preview(
            plugin=project.metadata,
            bridge=self._bridge,
            backend=lambda: page_status(self._kind.value, self._supervisor.status),
            store=self._settings.store,
            plugin_files=Files(folders),
            page=page,
            frontend=self._frontend,
            events=self._events,
            live=self._live,
            alerts=Alerts(
                project.provisioning / "alerting", self._bridge, lambda: self._settings.store.settings
            ),
            pools=self._pools,
            tool_version=__version__,
        )

    def changed(self, paths: frozenset[Path]) -> None:
        """Bring what depends on these files up to date and tell the page."""
        root = self._project.root
        names = sorted(
            str(path.relative_to(root)) if path.is_relative_to(root) else str(path) for path in paths
        )
        self._log.line("dev", "info", f"changed: {', '.join(names[:5])}")
        if any(self._settings.concerns(path) for path in paths):
            self._settings.reload(self._log, self._settings_changed)
        if all(self._settings.concerns(path) for path in paths):
            return
        self._supervisor.replace()
        self._live.restart()
        self._events.reload("backend")
        # Afterwards: nobody waits for the editors, the first answer of the new code is waited for.
        threading.Thread(target=self._remake_frontend, name="frontend").start()

    def _settings_changed(self) -> None:
        self._live.restart()
        # The form shows what is stored: the whole page is shown anew.
        self._events.reload("frontend")

    def _remake_frontend(self) -> None:
        self._supervisor.wait_until_loaded(_LOAD_SECONDS)
        before = self._frontend()
        if self._frontend.make() != before:
            self._events.reload("frontend")

    def page_changed(self, page: Page) -> None:
        """Have open pages give way to the rich one, or say why it does not come."""
        if page.note:
            self._events.page(page.note)
        else:
            self._events.reload("frontend")

    def close_streams(self) -> None:
        """Close the event streams of all pages."""
        self._live.close()
        self._events.channel.close()

    def close(self) -> None:
        """End the backend and forget what was made."""
        self._supervisor.close()
        self._pools.shutdown()
        self._frontend.clear()
        for folder in (self._schemas, self._sockets):
            shutil.rmtree(folder, ignore_errors=True)

    def _report_to_page(self, status: BackendStatus) -> None:
        # The page learns of a new backend when it is known whether it loaded the author's code.
        if status.loaded is not None:
            self._events.backend(page_status(self._kind.value, status))
