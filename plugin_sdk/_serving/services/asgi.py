"""Serves CallResource by an ASGI application (FastAPI, Starlette, ...), streamed bodies included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from plugin_sdk import _log
from plugin_sdk._serving.async_bridge import Caller
from plugin_sdk._serving.services import iteration
from plugin_sdk.messages import CallResourceRequest, CallResourceResponse

_HOST = "plugin"
"""The host in the scope of a request without one; it exists nowhere else."""


def call(
    application: Any, request: CallResourceRequest, caller: Caller, state: Mapping[str, Any] | None = None
) -> Iterator[CallResourceResponse]:
    """Yield the parts of the application's response as it sends them; `state` is that of its lifespan."""
    yield from iteration.iterate(_parts(application, request, state or {}), caller)


def scope_of(request: CallResourceRequest, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the ASGI scope of a request; `state` carries the plugin context as `plugin_context`."""
    headers = [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, values in request.http_headers.items()
        for value in values
    ]
    path = "/" + request.path.lstrip("/")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method.upper(),
        "scheme": "http",
        "path": path,
        "raw_path": _raw_path(request, path),
        "query_string": request.query_string.encode(),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": (_HOST, 80),
        "state": {**(state or {}), "plugin_context": request.context},
    }


def _raw_path(request: CallResourceRequest, path: str) -> bytes:
    """Return the path as the browser sent it, if the URL has it."""
    sent = "/" + request.url.partition("?")[0].lstrip("/")
    return (sent if unquote(sent) == path else quote(path)).encode("ascii", "replace")


def _relative_url(location: str, request: CallResourceRequest) -> str:
    """Return a URL of the application relative to the request, so that it works in Grafana.

    The application does not know where it is mounted: its host does not exist and its root is not Grafana's.
    """
    parts = urlsplit(location)
    own_host = request.headers.get("Host", _HOST)
    if parts.netloc and parts.netloc not in (own_host, _HOST):
        return location
    if not parts.netloc and not parts.path.startswith("/"):
        return location
    up = "../" * request.path.strip("/").count("/")
    if request.path.endswith("/"):
        up += "../"
    path = up + parts.path.lstrip("/")
    return urlunsplit(("", "", path or "./", parts.query, parts.fragment))


async def _parts(
    application: Any, request: CallResourceRequest, state: Mapping[str, Any]
) -> AsyncIterator[CallResourceResponse]:
    # At most one message is queued, so the application is no faster than the reader.
    sent: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(maxsize=1)
    body: list[bytes] = [request.body]
    finished = asyncio.Event()

    async def receive() -> dict[str, Any]:
        if body:
            return {"type": "http.request", "body": body.pop(), "more_body": False}
        await finished.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any] | None) -> None:
        # After the response, or without a reader, nobody takes a message: putting one would wait for ever.
        if not finished.is_set():
            await sent.put(message)

    async def run() -> None:
        try:
            await application(scope_of(request, state), receive, send)
        finally:
            await send(None)

    task = asyncio.ensure_future(run())
    try:
        async for part in _responses(sent, finished):
            _make_locations_relative(part, request)
            yield part
        if not finished.is_set():
            await task
    finally:
        if finished.is_set():
            _keep_running(task)
        else:
            finished.set()
            task.cancel()


def _make_locations_relative(part: CallResourceResponse, request: CallResourceRequest) -> None:
    if "Location" in part.headers:
        locations = [_relative_url(value, request) for value in part.headers["Location"]]
        part.headers = {**part.headers, "Location": locations}


_background: set[asyncio.Future[None]] = set()
"""Applications with a complete response and running background tasks; asyncio itself keeps no reference."""


def _keep_running(task: asyncio.Future[None]) -> None:
    _background.add(task)
    task.add_done_callback(_log_failure)


def _log_failure(task: asyncio.Future[None]) -> None:
    _background.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.log_exception("the ASGI application failed after its response", error)


async def _responses(
    sent: asyncio.Queue[dict[str, Any] | None], finished: asyncio.Event
) -> AsyncIterator[CallResourceResponse]:
    """Yield the response's parts; set `finished` with the last of them."""
    head: CallResourceResponse | None = None
    while not finished.is_set() and (message := await sent.get()) is not None:
        if message["type"] == "http.response.start":
            head = CallResourceResponse(message["status"], b"", _headers(message.get("headers", ())))
            continue
        if not message.get("more_body", False):
            finished.set()
        part = CallResourceResponse(200, bytes(message.get("body", b"")))
        if head is not None:
            yield CallResourceResponse(head.status, part.body, head.headers)
            head = None
        elif part.body:
            yield part


def _headers(pairs: Any) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for name, value in pairs:
        headers.setdefault(name.decode("latin-1").title(), []).append(value.decode("latin-1"))
    return headers
