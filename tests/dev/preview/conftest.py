"""A preview server on a free port, with a backend that answers from memory."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from plugin_cli.dev.frontend import Frontend
from plugin_cli.dev.preview.alerts.engine import Alerts
from plugin_cli.dev.preview.app import Preview, create_app
from plugin_cli.dev.preview.data_source import DataSourceStore
from plugin_cli.dev.preview.events import Events
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.rich_page import Page
from plugin_cli.dev.preview.server import PreviewServer
from plugin_cli.dev.preview.threads import Pools
from plugin_cli.system.ports import bind_loopback
from plugin_sdk.context import DataSourceInstanceSettings
from tests.dev.preview.fake_bridge import FakeBridge

TOKEN = "0123456789abcdef"
KNOWN = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Served:
    """The running preview as a test sees it."""

    http: httpx.Client
    bridge: FakeBridge
    store: DataSourceStore
    events: Events
    live: Live
    port: int
    dist: Path
    page: Path
    alerting: Path
    errors: queue.Queue[str]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    dist, page = tmp_path / "dist", tmp_path / "page"
    for folder, name, text in ((dist, "module.js", "define([])"), (page, "index.html", "<!doctype html>")):
        folder.mkdir()
        (folder / name).write_text(text)
    bridge, pools, events = FakeBridge(), Pools(), Events()
    settings: DataSourceInstanceSettings[Any] = DataSourceInstanceSettings(
        id=7,
        uid="weather",
        type="acme-weather-datasource",
        name="Weather",
        json_data_raw=b'{"url": "https://api.example.org"}',
        decrypted_secure_json_data={"api_key": "s3cret"},
    )
    store = DataSourceStore(settings)
    live = Live(bridge, lambda: store.settings, pools)
    preview = Preview(
        plugin={"id": "acme-weather-datasource", "type": "datasource", "name": "Weather"},
        bridge=bridge,
        backend=bridge.backend,
        store=store,
        plugin_files=Files([dist]),
        page=Page([page]),
        frontend=lambda: Frontend({"version": 1, "settings": {}, "query": {}}),
        events=events,
        live=live,
        alerts=Alerts(tmp_path / "alerting", bridge, lambda: store.settings),
        pools=pools,
        tool_version="0.1.0",
    )
    listener = bind_loopback(None)
    port = listener.getsockname()[1]
    errors: queue.Queue[str] = queue.Queue()
    with (
        PreviewServer(create_app(preview, port=port, token=TOKEN), listener, errors.put),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20, headers=KNOWN) as http,
    ):
        yield Served(http, bridge, store, events, live, port, dist, page, tmp_path / "alerting", errors)
        live.close()
        events.channel.close()
    pools.shutdown()
