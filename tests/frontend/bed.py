"""A preview with the showcase plugin, and a browser to look at it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_cli.build.frontend.generated import write_frontend
from plugin_cli.dev.frontend import Frontend
from plugin_cli.dev.preview.alerts.engine import Alerts
from plugin_cli.dev.preview.app import Preview, create_app
from plugin_cli.dev.preview.data_source import DataSourceStore
from plugin_cli.dev.preview.events import Events, page_status
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.rich_page import Page as ServedPage
from plugin_cli.dev.preview.server import PreviewServer
from plugin_cli.dev.preview.threads import Pools
from plugin_cli.project import Project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.system.ports import bind_loopback
from plugin_sdk import DataSource
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.schema import schema_of
from tests.frontend.showcase.datasource import Showcase
from tests.frontend.showcase_bridge import ShowcaseBridge

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts" / "browser"
PLUGIN = {
    "id": "acme-showcase-datasource",
    "type": "datasource",
    "name": "Showcase",
    "annotations": True,
    "info": {"version": "1.0.0"},
}
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """The browser's path; None where it is not installed."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Bed:
    """What a test sees: the page, the backend behind it, and what went wrong in the browser."""

    address: str
    bridge: ShowcaseBridge
    store: DataSourceStore
    events: Events
    browser: Browser
    name: str
    complaints: list[str] = field(default_factory=list)
    served: ServedPage = field(default_factory=lambda: ServedPage([]))
    # A bridge that another test's container makes or removes ends what the browser is loading.
    expected: list[str] = field(default_factory=lambda: ["ERR_NETWORK_CHANGED"])

    def open(self, search: str = "") -> Page:
        page = self.browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(60_000)
        page.on("console", lambda said: self._hear(said.type, f"{said.text} {said.location.get('url')}"))
        page.on("pageerror", lambda error: self._hear("error", str(error)))
        page.goto(self._page(search))
        page.wait_for_selector("body[data-ready='1']")
        return page

    def _page(self, search: str) -> str:
        return f"{self.address}/{search}{'&' if search else '?'}token=t0ken"

    def open_and_listen(self, search: str = "") -> Page:
        """Open the page and wait until it hears what `events` tell."""
        page = self.open()
        with page.expect_response(lambda answer: answer.url.endswith("/api/preview/events")):
            page.goto(self._page(search))
        page.wait_for_selector("body[data-ready='1']")
        return page

    def expect(self, pattern: str) -> None:
        """Allow the browser to complain about what the test provokes."""
        self.expected.append(pattern)

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and not any(re.search(pattern, text) for pattern in self.expected):
            self.complaints.append(text)

    def picture(self, page: Page, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"{self.name}-{name}.png", full_page=True)


@contextmanager
def serve(
    folders: list[Path],
    dist: Path,
    browser: Browser,
    name: str,
    rules: Path | None = None,
    source: type[DataSource[Any, Any]] = Showcase,
    **store: Any,
) -> Iterator[Bed]:
    """Run a preview of the plugin `source` whose page is in `folders`; a module.js in `dist` stays as it is."""
    schema = schema_of(f"{source.__module__}:{source.__name__}")
    dist.mkdir(exist_ok=True)
    if not (dist / "module.js").exists():
        write_frontend(Project(dist, PLUGIN, {}), schema, dist)
    bridge, pools, events = ShowcaseBridge(source), Pools(), Events()
    settings: DataSourceInstanceSettings[Any] = DataSourceInstanceSettings(
        id=7, uid="showcase", type=str(PLUGIN["id"]), name="Showcase"
    )
    data_source = DataSourceStore(settings, **store)
    live = Live(bridge, lambda: data_source.settings, pools)
    served = ServedPage(folders)
    preview = Preview(
        plugin=PLUGIN,
        bridge=bridge,
        backend=lambda: page_status("source", BackendStatus("unix:/backend.sock", loaded=True)),
        store=data_source,
        plugin_files=Files([dist]),
        page=served,
        frontend=lambda: Frontend(schema, bridge.schema_error),
        events=events,
        alerts=Alerts(rules or dist / "alerting", bridge, lambda: data_source.settings),
        live=live,
        pools=pools,
        tool_version="0.1.0",
    )
    listener = bind_loopback(None)
    port = listener.getsockname()[1]
    complaints: list[str] = []
    try:
        with PreviewServer(create_app(preview, port=port, token="t0ken"), listener, complaints.append):
            bed = Bed(
                f"http://127.0.0.1:{port}", bridge, data_source, events, browser, name, complaints, served
            )
            yield bed
            for context in browser.contexts:
                context.close()
            live.close()
            events.channel.close()
    finally:
        pools.shutdown()
    assert not complaints, complaints
