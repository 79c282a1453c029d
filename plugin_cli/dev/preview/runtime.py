"""The preview as a runtime of `dev up`: its session behind a server, watched for changes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import Console
from plugin_cli.dev.owner import Runtime
from plugin_cli.dev.preview.app import create_app
from plugin_cli.dev.preview.rich_page import PageBuild
from plugin_cli.dev.preview.server import PreviewServer
from plugin_cli.dev.preview.session import PreviewSession
from plugin_cli.dev.preview.settings import DevSettings
from plugin_cli.dev.supervisor.launch import check_backend
from plugin_cli.project import Project
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.ports import LOOPBACK, bind_loopback
from plugin_cli.system.watcher import watching

_TOKEN_BYTES = 24


@dataclass(frozen=True)
class _PreviewRuntime:
    url: str
    backend: str
    server: PreviewServer
    name: str = "preview"
    what: str = "the preview"
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
    check_backend(project, kind)
    settings = DevSettings(project, settings_file, console)
    with ExitStack() as stack:
        listener = stack.enter_context(bind_loopback(port))
        port, token = int(listener.getsockname()[1]), secrets.token_hex(_TOKEN_BYTES)
        log = LogWriter(folder.log, on_loss=console.warn)
        session = PreviewSession(
            project, folder, console, log, kind=kind, settings=settings, debug_port=debug_port
        )
        stack.callback(session.close)
        session.open()
        build = PageBuild(console, log, session.page_changed)
        app = create_app(session.preview(build.page), port=port, token=token)
        server = stack.enter_context(
            PreviewServer(app, listener, lambda text: log.line("dev", "error", text))
        )
        # Before the server waits for its connections to end: event streams end by this alone.
        stack.callback(session.close_streams)
        stack.callback(build.stop)
        build.start()
        failed = partial(log.line, "dev", "error")
        stack.enter_context(watching(session.watched, session.concerns, session.changed, on_error=failed))
        if not settings.is_provisioned:
            stack.enter_context(
                watching(
                    [settings.folder],
                    settings.concerns,
                    session.changed,
                    recursive=False,
                    on_error=failed,
                )
            )
        yield _PreviewRuntime(f"http://{LOOPBACK}:{port}/?token={token}", kind.value, server)
