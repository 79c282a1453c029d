from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from plugin_sdk import CallResourceRequest, CheckHealthResult, DataSource, PluginContext, resource
from plugin_sdk._serving.services.asgi import scope_of
from plugin_sdk.testing import PluginClient, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS
from tests.waiting import eventually

first_part_read = threading.Event()
stream_closed = threading.Event()
background_begun = threading.Event()
background_may_end = threading.Event()


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "query": dict(request.query_params),
            "accept": request.headers.get("accept"),
            "body": body.decode(),
            "data source": request.state.plugin_context.data_source_instance_settings.name,
        },
        status_code=202,
        headers={"X-Seen": "yes"},
    )


async def streamed(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        yield "one "
        await asyncio.to_thread(first_part_read.wait, SECONDS)
        yield "two"

    return StreamingResponse(parts(), media_type="text/plain")


async def endless(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        try:
            yield "again "
            await asyncio.sleep(SECONDS)
        finally:
            stream_closed.set()

    return StreamingResponse(parts())


async def empty(request: Request) -> Response:
    return Response(status_code=204)


async def cookies(request: Request) -> Response:
    response = PlainTextResponse("ok")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def broken(request: Request) -> Response:
    raise KeyError("station")


async def background(request: Request) -> Response:
    async def later() -> None:
        background_begun.set()
        await asyncio.to_thread(background_may_end.wait, SECONDS)

    return PlainTextResponse("done", background=BackgroundTask(later))


class WithApp(DataSource[Any, Any]):
    asgi_app = Starlette(
        routes=[
            Route("/echo/{rest:path}", echo, methods=["GET", "POST"]),
            Route("/streamed", streamed),
            Route("/endless", endless),
            Route("/empty", empty),
            Route("/cookies", cookies),
            Route("/broken", broken),
            Route("/background", background),
        ]
    )

    @resource("GET", "/mine")
    def mine(self) -> str:
        return "route"


@pytest.fixture
def client() -> Any:
    with in_process(WithApp) as client:
        yield client


def test_an_asgi_application_serves_the_resources(client: PluginClient) -> None:
    response = client.call_resource(
        "POST", "echo/a/b?x=1", settings(), body=b"hello", headers={"Accept": ["text/plain"]}
    )

    assert response.status == 202
    assert response.headers["X-Seen"] == ["yes"]
    assert json.loads(response.body) == {
        "method": "POST",
        "path": "/echo/a/b",
        "query": {"x": "1"},
        "accept": "text/plain",
        "body": "hello",
        "data source": "test",
    }


def test_a_decorated_route_comes_before_the_application(client: PluginClient) -> None:
    assert client.call_resource("GET", "mine", settings()).body == b'"route"'
    assert client.call_resource("GET", "elsewhere", settings()).status == 404


def test_a_streamed_body_arrives_in_parts(client: PluginClient) -> None:
    first_part_read.clear()
    parts = client.stream_resource("GET", "streamed", settings())

    first = next(parts)
    assert (first.status, first.body) == (200, b"one ")
    assert first.headers["Content-Type"] == ["text/plain; charset=utf-8"]
    first_part_read.set()
    assert b"".join(part.body for part in parts) == b"two"


def test_the_application_is_stopped_when_the_caller_leaves(client: PluginClient) -> None:
    stream_closed.clear()
    parts = client.stream_resource("GET", "endless", settings())
    assert next(parts).body == b"again "
    parts.close()  # type: ignore[attr-defined]  # a generator
    assert stream_closed.wait(SECONDS)


def test_a_response_without_a_body_keeps_its_status(client: PluginClient) -> None:
    response = client.call_resource("GET", "empty", settings())

    assert (response.status, response.body) == (204, b"")


def test_repeated_headers_stay_separate(client: PluginClient) -> None:
    found = client.call_resource("GET", "cookies", settings()).headers["Set-Cookie"]

    assert [cookie.partition(";")[0] for cookie in found] == ["a=1", "b=2"]


def test_an_application_that_raises_after_its_response_is_logged(client: PluginClient, logged: Lines) -> None:
    # Starlette sends its own response and then raises.
    response = client.call_resource("GET", "broken", settings())

    assert (response.status, response.body) == (500, b"Internal Server Error")
    (line,) = eventually(lambda: [line for line in logged() if "stack" in line])
    assert line["@message"] == "the ASGI application failed after its response"
    assert (line["error"], line["endpoint"]) == ("'station'", "callResource")


def test_background_tasks_continue_after_the_response(client: PluginClient) -> None:
    background_begun.clear()
    background_may_end.clear()
    response = client.call_resource("GET", "background", settings())

    assert response.body == b"done"
    assert background_begun.wait(SECONDS)
    background_may_end.set()


def test_a_disconnected_reader_leaves_no_task_behind() -> None:
    ended = threading.Event()

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        try:
            await send({"type": "http.response.start", "status": 200})
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
        finally:
            await send({"type": "http.response.body", "body": b"end"})
            asyncio.current_task().add_done_callback(lambda _task: ended.set())  # type: ignore[union-attr]

    class Endless(DataSource[Any, Any]):
        asgi_app = staticmethod(endless)

    with in_process(Endless) as client:
        parts = client.stream_resource("GET", "x", settings())
        assert next(parts).body == b"x"
        parts.close()  # type: ignore[attr-defined]  # a generator
        assert ended.wait(SECONDS)


def test_an_application_that_raises_without_a_response_is_500_with_the_reason() -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("nothing sent")

    class Bare(DataSource[Any, Any]):
        asgi_app = staticmethod(bare)

    with in_process(Bare) as client:
        response = client.call_resource("GET", "x", settings())

    assert (response.status, json.loads(response.body)["error"]) == (500, "LookupError: nothing sent")


def test_an_application_that_sends_nothing_is_204() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return None

    class Silent(DataSource[Any, Any]):
        asgi_app = staticmethod(silent)

    with in_process(Silent) as client:
        assert client.call_resource("GET", "x", settings()).status == 204


def test_an_application_may_wait_for_the_disconnect_after_its_body() -> None:
    told: list[dict[str, Any]] = []

    async def waiting(scope: Any, receive: Any, send: Any) -> None:
        first = await receive()
        later = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await send({"type": "http.response.body", "body": first["body"]})
        assert not later.done()
        told.append(first)
        later.cancel()

    class Waiting(DataSource[Any, Any]):
        asgi_app = staticmethod(waiting)

    with in_process(Waiting) as client:
        parts = list(client.stream_resource("POST", "x", settings(), body=b"b"))

    assert [part.body for part in parts] == [b"", b"b"]
    assert told[0]["more_body"] is False


def test_an_application_that_reads_on_receives_the_disconnect() -> None:
    told: list[str] = []
    over = threading.Event()

    async def reading(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        try:
            told.append((await receive())["type"])
        finally:
            over.set()

    class Reading(DataSource[Any, Any]):
        asgi_app = staticmethod(reading)

    with in_process(Reading) as client:
        parts = client.stream_resource("GET", "x", settings())
        assert next(parts).body == b"x"
        parts.close()  # type: ignore[attr-defined]  # a generator
        assert over.wait(SECONDS)

    # It is notified, or cancelled while it waits: either way it does not wait for ever.
    assert told in ([], ["http.disconnect"])


def test_the_scope_has_what_asgi_requires() -> None:
    request = CallResourceRequest(
        PluginContext(), "a/b", "post", "a/b?q=1", {"X-Name": ["é", "ü"], "X-Odd": ["漢"]}, b""
    )
    scope = scope_of(request)

    assert (scope["type"], scope["method"], scope["path"]) == ("http", "POST", "/a/b")
    assert (scope["raw_path"], scope["query_string"]) == (b"/a/b", b"q=1")
    assert scope["headers"] == [(b"x-name", b"\xe9"), (b"x-name", b"\xfc"), (b"x-odd", b"?")]


# The lifespan, and redirects


def lifespan_app(log: list[str], *, fails: str = "") -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, Any]]:
        if fails == "start":
            raise RuntimeError("the database is down")
        log.append("start")
        yield {"pool": f"pool {len(log)}"}
        log.append("end")
        if fails == "end":
            raise RuntimeError("it was gone already")

    async def pool(request: Request) -> Response:
        return JSONResponse(request.state.pool)

    async def slash(request: Request) -> Response:
        return JSONResponse("here")

    async def away(request: Request) -> Response:
        return RedirectResponse(request.query_params["to"])

    routes = [Route("/pool", pool), Route("/deep/slash/", slash), Route("/slash/", slash)]
    return Starlette(routes=[*routes, Route("/deep/away", away), Route("/away", away)], lifespan=lifespan)


def mounting(log: list[str], *, fails: str = "") -> type:
    class Mounting(DataSource[dict[str, Any], dict[str, Any]]):
        def __init__(self, instance: Any) -> None:
            self.asgi_app = lifespan_app(log, fails=fails)

        asgi_app: Any = True

        def check_health(self) -> CheckHealthResult:
            return CheckHealthResult.ok("ok")

        def dispose(self) -> None:
            log.append("disposed")

    return Mounting


def test_the_lifespan_runs_with_the_instance() -> None:
    log: list[str] = []
    with in_process(mounting(log)) as client:
        client.check_health(settings())
        assert log == ["start"]
        found = [client.call_resource("GET", "pool", settings()).body for _ in range(2)]
        other = client.call_resource("GET", "pool", settings(uid="other", id=2)).body
        assert log == ["start", "start"]
    assert (found, other) == ([b'"pool 1"', b'"pool 1"'], b'"pool 2"')
    assert sorted(log) == ["disposed", "disposed", "end", "end", "start", "start"]


def test_a_failed_startup_gives_the_reason_and_leaves_nothing_open() -> None:
    log: list[str] = []
    with in_process(mounting(log, fails="start")) as client:
        response = client.call_resource("GET", "pool", settings())

    assert response.status == 500
    assert json.loads(response.body)["error"] == (
        "the ASGI application did not start: RuntimeError: the database is down"
    )
    assert log == ["disposed"]


def test_a_shutdown_that_fails_is_logged(logged: Lines) -> None:
    log: list[str] = []
    with in_process(mounting(log, fails="end")) as client:
        client.call_resource("GET", "pool", settings())

    (line,) = [line for line in logged() if line["@message"] == "the ASGI application's shutdown failed"]
    assert "it was gone already" in line["error"]
    assert "disposed" in log


def test_an_application_without_a_lifespan_serves_as_before() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    class Plain(DataSource[Any, Any]):
        asgi_app: Any = staticmethod(plain)

    with in_process(Plain) as client:
        assert client.call_resource("GET", "any", settings()).body == b"ok"


REDIRECTS = {
    # the relative URL that a browser resolves against that of the request
    "slash": "slash/",
    "deep/slash?x=1": "../deep/slash/?x=1",
    "away?to=/pool": "pool",
    "deep/away?to=/pool": "../pool",
    "deep/away?to=http://plugin/pool%23part": "../pool#part",
    "away?to=relative/one": "relative/one",
    "away?to=/": "./",
    "away?to=https://example.org/login": "https://example.org/login",
    "away?to=//example.org/login": "//example.org/login",
}


@pytest.mark.parametrize("path", REDIRECTS)
def test_redirects_stay_inside(path: str) -> None:
    with in_process(mounting([])) as client:
        response = client.call_resource("GET", path, settings())

    assert response.status == 307
    assert response.headers["Location"] == [REDIRECTS[path]]
    base = "http://grafana/api/datasources/uid/u/resources/"
    if "example.org" not in path:
        assert urljoin(base + path, REDIRECTS[path]).startswith(base)


def test_the_raw_path_is_what_the_browser_sent() -> None:
    request = CallResourceRequest(PluginContext(), "a b/c", url="a%20b/c?x=%20")

    assert (scope_of(request)["path"], scope_of(request)["raw_path"]) == ("/a b/c", b"/a%20b/c")
