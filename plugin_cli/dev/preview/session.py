"""What the preview is made of, and what a save does to it."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.frontend import DevFrontend
from plugin_cli.dev.preview.alerts.engine import Alerts
from plugin_cli.dev.preview.app import Preview
from plugin_cli.dev.preview.bridge.supervised import SupervisedBridge
from plugin_cli.dev.preview.events import Events, page_status
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.rich_page import Page
from plugin_cli.dev.preview.settings import DevSettings
from plugin_cli.dev.preview.threads import Pools
from plugin_cli.dev.supervisor.launch import supervise
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.watcher import source_filter
from plugin_cli.venv.create import local_folders


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
        self._folder = folder
        self._made = folder.path / "public"
        self._sockets = folder.make_sockets()
        self._events = Events()
        self._pools = Pools()
        self._settings = settings
        self._local = local_folders(project)
        self._is_source = source_filter(project.root, *self._local)
        self._bridge = SupervisedBridge(project.plugin_id)
        self._supervisor = supervise(
            project,
            folder,
            self._bridge,
            console,
            log,
            kind=kind,
            sockets=self._sockets,
            debug_port=debug_port,
        )
        self._supervisor.subscribe(self._report_to_page)
        self._frontend = DevFrontend(project, self._made, console, self._supervisor.schema)
        self._live = Live(self._bridge, lambda: settings.store.settings, self._pools)

    @property
    def watched(self) -> list[Path]:
        """What the author changes: the data source, and the source or what a build puts into dist/."""
        return [*self._code, *([self._settings.folder] if self._settings.is_provisioned else [])]

    @property
    def _code(self) -> list[Path]:
        if self._kind is BackendKind.DIST:
            return [self._project.dist]
        return [self._project.root / "backend", self._project.root / "src", *self._local]

    def concerns(self, path: Path) -> bool:
        """Return True if a change of `path` matters."""
        is_code = any(path.is_relative_to(folder) for folder in self._code) and self._is_source(path)
        return is_code or self._settings.concerns(path)

    def open(self) -> None:
        """Start the backend, and make the frontend from what it says of its models."""
        self._supervisor.replace()
        self._frontend.make()
        self._supervisor.wait_until_loaded()

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
        """Update what depends on these files and notify the page."""
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
        # Afterwards: the first response of the new code is urgent, the editors are not.
        threading.Thread(target=self._remake_frontend, name="frontend").start()

    def _settings_changed(self) -> None:
        self._folder.write_problem(self._settings.store.problem)
        self._live.restart()
        # The form shows what is stored: the whole page is reloaded.
        self._events.reload("frontend")

    def _remake_frontend(self) -> None:
        self._supervisor.wait_until_loaded()
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
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _report_to_page(self, status: BackendStatus) -> None:
        # The page learns of a new backend when it is known whether it loaded the author's code.
        if status.loaded is not None:
            self._events.backend(page_status(self._kind.value, status))
