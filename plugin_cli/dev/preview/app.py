"""The preview as one ASGI application: the page, the plugin's files and Grafana's routes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ExceptionHandler

from plugin_cli.calls.intervals import LONGEST, STEPS
from plugin_cli.dev.frontend import Frontend
from plugin_cli.dev.preview.alerts.engine import Alerts
from plugin_cli.dev.preview.bridge import BackendCallError, BackendUnavailableError, Bridge
from plugin_cli.dev.preview.data_source import DataSourceStore
from plugin_cli.dev.preview.events import Events, event_response
from plugin_cli.dev.preview.files import Files
from plugin_cli.dev.preview.guard import Guard
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.rich_page import Page
from plugin_cli.dev.preview.routes import DataSourceRoutes, json_response
from plugin_cli.dev.preview.threads import Pools, call

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]


@dataclass(frozen=True)
class Preview:
    """Everything that the application serves.

    Attributes:
        plugin: plugin.json.
        bridge: the way to the backend.
        backend: how it is doing, as `page_status` returns it.
        store: the configured data source.
        plugin_files: what stands below `/public/plugins/<id>/`.
        page: the page itself.
        alerts: the provisioned alert rules.
        frontend: called at every load of the page, since the schema changes with the source.
        tool_version: of plugin-cli, shown on the page.
    """

    plugin: dict[str, Any]
    bridge: Bridge
    backend: Callable[[], dict[str, Any]]
    store: DataSourceStore
    plugin_files: Files
    page: Page
    frontend: Callable[[], Frontend]
    events: Events
    live: Live
    alerts: Alerts
    pools: Pools
    tool_version: str


def create_app(preview: Preview, *, port: int, token: str) -> Starlette:
    """Return the application of `preview`, answering on `port` of this machine to whoever has `token`."""
    data_source = DataSourceRoutes(preview.bridge, preview.store, preview.pools, preview.live)
    page = _PageRoutes(preview)
    uid = "/api/datasources/uid/{uid}"
    routes = [
        Route("/", page.index),
        Route("/_page/{path:path}", page.file),
        Route("/public/plugins/{id}/{path:path}", page.plugin_file),
        Route("/api/preview", page.start),
        Route("/api/preview/events", page.events),
        Route("/api/preview/alerts", page.alerts),
        Route(uid, data_source.read, methods=["GET"]),
        Route(uid, data_source.write, methods=["PUT"]),
        Route(uid + "/health", data_source.health),
        Route(uid + "/resources", data_source.resource, methods=_METHODS),
        Route(uid + "/resources/{path:path}", data_source.resource, methods=_METHODS),
        Route("/api/ds/query", data_source.query, methods=["POST"]),
        Route("/api/live/sse/ds/{uid}/{path:path}", data_source.stream),
        Route("/metrics/plugins/{id}", data_source.metrics),
    ]
    handlers: dict[Any, ExceptionHandler] = {
        HTTPException: _http_error,
        BackendUnavailableError: _unavailable,
        BackendCallError: _call_error,
        Exception: _crash,
    }
    return Starlette(
        routes=routes, middleware=[Middleware(Guard, port=port, token=token)], exception_handlers=handlers
    )


class _PageRoutes:
    """The page and what it needs to start."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview

    async def index(self, _: Request) -> Response:
        return self._preview.page.response("index.html")

    async def file(self, request: Request) -> Response:
        return self._preview.page.response(request.path_params["path"])

    async def plugin_file(self, request: Request) -> Response:
        if request.path_params["id"] != self._preview.plugin["id"]:
            raise HTTPException(404, f"this preview has the plugin {self._preview.plugin['id']} only")
        return self._preview.plugin_files.response(request.path_params["path"])

    async def start(self, _: Request) -> Response:
        preview, frontend = self._preview, self._preview.frontend()
        settings = preview.store.settings
        has_module = preview.plugin_files.find("module.js") is not None
        body: dict[str, Any] = {
            "tool": preview.tool_version,
            "plugin": preview.plugin,
            "module": f"public/plugins/{preview.plugin['id']}/module.js" if has_module else None,
            "schema": frontend.schema,
            "datasource": {"uid": settings.uid, "name": settings.name},
            "backend": preview.backend(),
            "events": "/api/preview/events",
            "page": preview.page.note,
            "intervals": {"steps": STEPS, "longest": LONGEST},
        }
        if frontend.error:
            body["schemaError"] = frontend.error
        if preview.store.problem:
            body["settingsError"] = preview.store.problem
        return json_response(body)

    async def alerts(self, _: Request) -> Response:
        alerts = self._preview.alerts
        body = await call(self._preview.pools.work, lambda: alerts.look(time.time()))
        return json_response(body)

    async def events(self, _: Request) -> Response:
        return event_response(self._preview.events.channel.listen())


def _message(status: int, text: str) -> Response:
    return json_response({"message": text}, status)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # registered for it alone
    return _message(error.status_code, str(error.detail))


async def _unavailable(_: Request, error: Exception) -> Response:
    return _message(500, f"Plugin unavailable: {error}")


async def _call_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, BackendCallError)  # registered for it alone
    return _message(error.status, str(error))


async def _crash(_: Request, error: Exception) -> Response:
    return _message(500, f"the preview failed: {type(error).__name__}: {error}")
