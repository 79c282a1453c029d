"""Plugins of other shapes: low level, async, an app, almost empty."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from conformance_plugin import frames
from conformance_plugin.full import Full
from plugin_sdk import (
    App,
    CallResourceRequest,
    CallResourceResponse,
    CheckHealthResult,
    DataQuery,
    DataResponse,
    DataSource,
    DownstreamError,
    PluginError,
    QueryDataRequest,
    QueryDataResponse,
    resource,
    stream,
)
from plugin_sdk.data import Field, FieldType, Frame

log = logging.getLogger("conformance")

Model = dict[str, Any]


class Whole(DataSource[dict[str, Any], dict[str, Any]]):
    """Answers whole requests, as the Go SDK's QueryData does."""

    def query_data(self, request: QueryDataRequest[Model]) -> QueryDataResponse:
        asked = request.queries[0].model if request.queries else {}
        match asked.get("do"):
            case "request-error":
                raise RuntimeError(asked["text"])
            case "request-downstream":
                raise DownstreamError(asked["text"])
            case "request-plugin":
                raise PluginError(asked["text"])
            case "request-panic":
                raise RuntimeError(asked["text"])
            case "request-nil":
                return None  # type: ignore[return-value]
            case "missing-ref":
                return {}
        return {query.ref_id: DataResponse(frames.series(query)) for query in request.queries}


class Empty(DataSource[dict[str, Any], dict[str, Any]]):
    """Defines nothing but queries."""

    def query(self, query: DataQuery[Model]) -> Any:
        return frames.series(query)


class Async(DataSource[dict[str, Any], dict[str, Any]]):
    """The same abilities with async handlers."""

    async def query(self, query: DataQuery[Model]) -> Any:
        asked = query.model
        if asked.get("do") == "wait":
            try:
                await asyncio.sleep(asked["ms"] / 1000)
            except asyncio.CancelledError:
                log.info("query cancelled by its caller")
                raise
            return Frame("waited")
        if asked.get("do") == "block":
            time.sleep(asked["ms"] / 1000)  # the mistake that every async author makes once
            return Frame("blocked")
        if asked.get("do") == "panic":
            raise RuntimeError(asked["text"])
        return frames.series(query)

    async def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("all well, asynchronously")

    @resource("GET", "/stations")
    async def stations(self) -> list[str]:
        return ["berlin", "oslo"]

    @stream("ticks/{name}")
    async def ticks(self, name: str) -> Any:
        try:
            for index in range(10_000):
                yield {"name": name, "tick": index}
                await asyncio.sleep(0.02)
        finally:
            log.info("channel closed", extra={"channel": name})

    @stream("frames")
    async def frames(self) -> Any:
        for index in range(3):
            yield Frame("ticks", Field("value", [float(index)], type=FieldType.FLOAT64))

    async def query_chunked_data(self, query: DataQuery[Model]) -> Any:
        if query.model.get("do") == "error":
            raise PluginError(query.model["text"], status=400)
        for _ in range(2):
            yield frames.series(query, 2)


class Backend(App[dict[str, Any]]):
    """The backend of an app plugin."""

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("app well")

    def call_resource(self, request: CallResourceRequest) -> CallResourceResponse:
        settings = request.context.app_instance_settings
        secret = settings.decrypted_secure_json_data.get("token", "") if settings else ""
        data = settings.json_data if settings else {}
        return CallResourceResponse.of_json({"path": request.path, "secret": secret, "settings": data})


async def _asgi(scope: Model, receive: Any, send: Any) -> None:
    body = (await receive())["body"]
    headers = [(b"content-type", b"text/plain"), (b"set-cookie", b"a=b")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    for part in (
        scope["method"].encode(),
        b" ",
        scope["path"].encode(),
        b"?",
        scope["query_string"],
        b" ",
        body,
    ):
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


class Mounted(Empty):
    """Serves its resources with an ASGI application."""

    asgi_app = staticmethod(_asgi)


class FullAsApp(Full):
    """The same plugin under another name, for a second process."""
