"""The routes of Grafana's own API that a data source's frontend calls."""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from plugin_cli.dev.preview.bridge import Bridge, Cancel, ResourceCall, ResourcePart
from plugin_cli.dev.preview.data_source import DataSourceStore, SettingsError
from plugin_cli.dev.preview.events import event_response
from plugin_cli.dev.preview.live import Live
from plugin_cli.dev.preview.queries import RequestError, parse_request, render_answers
from plugin_cli.dev.preview.threads import Pools, call, call_for, iterate
from plugin_cli.system.parse import ParseError, check_text, parse_json

# As Grafana has them: the server's receive limit is the plugin's 16 MiB.
_MAX_BODY = 16 * 1024 * 1024
_PATH_SAFE = "/:@!$&'()*+,;=~"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
# Not passed to the plugin, as in Grafana: headers of the client and of this hop.
_NOT_FORWARDED = _HOP_BY_HOP | {"user-agent", "cookie", "host", "content-length", "origin", "referer"}
_NOT_RETURNED = _HOP_BY_HOP | {"set-cookie", "content-length"}


class DataSourceRoutes:
    """The data source's settings, health, queries, resources and streams."""

    def __init__(self, bridge: Bridge, store: DataSourceStore, pools: Pools, live: Live) -> None:
        self._bridge = bridge
        self._store = store
        self._pools = pools
        self._live = live

    async def read(self, request: Request) -> Response:
        """Answer `GET /api/datasources/uid/<uid>`."""
        self._check_uid(request)
        return json_response(self._store.to_json())

    async def write(self, request: Request) -> Response:
        """Answer `PUT /api/datasources/uid/<uid>`."""
        self._check_uid(request)
        if self._store.read_only:
            raise HTTPException(403, "this data source is provisioned read-only")
        try:
            document = parse_json(await read_body(request))
            check_text(document)
            self._store.update(document)
        except (SettingsError, ParseError) as error:
            raise HTTPException(400, f"the settings cannot be stored: {error}") from error
        self._live.restart()
        stored = self._store.to_json()
        answer = {
            "id": stored["id"],
            "name": stored["name"],
            "message": "Datasource updated",
            "datasource": stored,
        }
        return json_response(answer)

    async def health(self, request: Request) -> Response:
        """Answer `GET /api/datasources/uid/<uid>/health`: 200 for OK, else 400."""
        self._check_uid(request)
        settings = self._store.settings
        health = await call(self._pools.control, lambda: self._bridge.check_health(settings, {}))
        body: dict[str, Any] = {"status": health.status, "message": health.message}
        if health.details:
            body["details"] = dict(health.details)
        return json_response(body, 200 if health.status == "OK" else 400)

    async def query(self, request: Request) -> Response:
        """Answer `POST /api/ds/query`."""
        settings = self._store.settings
        try:
            queries = parse_request(await read_body(request), settings.uid)
        except RequestError as error:
            raise HTTPException(400, str(error)) from error

        def work(cancel: Cancel) -> tuple[int, bytes]:
            # Rendered on the thread: a hundred thousand rows would hold up the event loop.
            return render_answers(queries, self._bridge.query_data(settings, queries, {}, cancel))

        status, body = await call_for(request, self._pools.work, work)
        return Response(body, status_code=status, media_type="application/json")

    async def resource(self, request: Request) -> Response:
        """Hand a request below `.../resources/` to the plugin and its answer back, part by part."""
        self._check_uid(request)
        settings, path = self._store.settings, request.path_params.get("path", "")
        url = quote(path, safe=_PATH_SAFE) + (f"?{request.url.query}" if request.url.query else "")
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            if name not in _NOT_FORWARDED:
                headers.setdefault("-".join(part.capitalize() for part in name.split("-")), []).append(value)
        resource = ResourceCall(request.method, path, url, headers, await read_body(request))

        def begin(cancel: Cancel) -> tuple[ResourcePart, Iterator[ResourcePart], Cancel]:
            parts = self._bridge.call_resource(settings, resource, cancel)
            # No part at all is an empty answer with status 200, as in Grafana.
            return next(parts, ResourcePart(200, b"")), parts, cancel

        first, parts, cancel = await call_for(request, self._pools.work, begin)
        if not 200 <= first.status <= 599:
            cancel.cancel()
            raise HTTPException(500, f"the plugin answered with status {first.status}, which HTTP has not")
        response = StreamingResponse(_bodies(self._pools, first, parts, cancel), status_code=first.status)
        _copy_headers(first, response)
        return response

    async def stream(self, request: Request) -> Response:
        """Answer `GET /api/live/sse/ds/<uid>/<path>`."""
        self._check_uid(request)
        settings, path = self._store.settings, request.path_params["path"]
        answer = await call(self._pools.control, lambda: self._bridge.subscribe_stream(settings, path))
        if answer.status == "NOT_FOUND":
            raise HTTPException(404, _reason(answer.initial) or f"the plugin has no stream {path!r}")
        if answer.status != "OK":
            raise HTTPException(403, f"the plugin does not let you listen to {path!r}")
        return event_response(self._live.listen(path, answer.initial))

    async def metrics(self, _: Request) -> Response:
        """Answer `GET /metrics/plugins/<id>`."""
        text = await call(self._pools.control, self._bridge.collect_metrics)
        return Response(text, media_type="text/plain; version=0.0.4")

    def _check_uid(self, request: Request) -> None:
        uid = request.path_params["uid"]
        if uid != self._store.settings.uid:
            raise HTTPException(
                404, f"data source not found: {uid!r}; this preview has {self._store.settings.uid!r}"
            )


def json_response(value: Any, status: int = 200) -> Response:
    """Return any value as an answer; a number that JSON has not is null, and a broken letter its number.

    A plugin, its models and its files may hold both, and one of them must not cost the page all else.
    """
    text = json.dumps(_finite(value), separators=(",", ":"))
    headers = {"Cache-Control": "no-store"}
    return Response(text, status, headers, media_type="application/json")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _reason(initial: bytes) -> str:
    """Return the sentence that our runtime sends with a refusal; other runtimes send none."""
    try:
        document = parse_json(initial)
    except ParseError:
        return ""
    return str(document.get("message", "")) if isinstance(document, dict) else ""


async def read_body(request: Request) -> bytes:
    """Return the request's body, refusing one that the plugin could not take anyway."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _MAX_BODY:
            raise HTTPException(413, "the request is larger than the 16 MiB that a plugin takes")
        parts.append(part)
    return b"".join(parts)


async def _bodies(
    pools: Pools, first: ResourcePart, rest: Iterator[ResourcePart], cancel: Cancel
) -> AsyncIterator[bytes]:
    try:
        has_body = first.status not in (204, 304)
        if first.body and has_body:
            yield first.body
        async for part in iterate(pools.work, rest):
            if has_body:
                yield part.body
    finally:
        cancel.cancel()


def _copy_headers(first: ResourcePart, response: Response) -> None:
    response.headers["Content-Type"] = "application/json"
    seen: set[str] = set()
    for name, value in first.headers:
        lowered = name.lower()
        if lowered in _NOT_RETURNED or not _TOKEN.fullmatch(name):
            continue
        # As Go's server writes them: any bytes, but no end of a line.
        value = _CONTROL.sub(" ", value).strip().encode("utf-8", "replace").decode("latin-1")
        # The first value takes the place of a default, further ones of the same name are added.
        if lowered in seen:
            response.headers.append(name, value)
        else:
            response.headers[name] = value
        seen.add(lowered)
