"""Unary calls whose request is received before a thread takes them, and the same calls in grpcio's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from grpc import _server

from plugin_sdk import CheckHealthRequest, CheckHealthResult, DataSource
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.transport import received_first
from tests.sdk.in_process_server import SECONDS, context, serving
from tests.waiting import eventually

HEALTH = "/pluginv2.Diagnostics/CheckHealth"
SERVER: Any = _server


class Healthy(DataSource[Any, Any]):
    def check_health(self, request: CheckHealthRequest) -> CheckHealthResult:
        return CheckHealthResult.ok(request.headers.get("name", "well"))


@pytest.fixture(params=["received first", "grpcio's way"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    original = getattr(SERVER._handle_unary_unary, "original", SERVER._handle_unary_unary)
    monkeypatch.setattr(SERVER, "_handle_unary_unary", original)
    if request.param == "grpcio's way":
        monkeypatch.setattr(received_first, "install", lambda: False)
    return str(request.param)


def rpc_error(failed: Any) -> Any:
    return failed.value


def request(name: str) -> Any:
    return p.CheckHealthRequest(pluginContext=context(), headers={"name": name})


def test_grpcio_has_what_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where a new grpcio has changed; until this follows, every call is served in grpcio's way."""
    original = getattr(SERVER._handle_unary_unary, "original", SERVER._handle_unary_unary)
    monkeypatch.setattr(SERVER, "_handle_unary_unary", original)
    assert received_first.is_supported(SERVER)
    for name in (*received_first._NAMES, *received_first._PARAMETERS):
        with monkeypatch.context() as without:
            without.delattr(SERVER, name)
            assert not received_first.is_supported(SERVER), name
    with monkeypatch.context() as changed:
        changed.setattr(SERVER, "_abort", lambda _state, _call: None)
        assert not received_first.is_supported(SERVER)
        assert received_first.install() is False
        assert SERVER._handle_unary_unary is original
    assert received_first.install() is True
    assert received_first.install() is True
    assert SERVER._handle_unary_unary.original is original


def test_a_call_is_received_in_the_serving_thread(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    real = SERVER._unary_request

    def unary_request(*given: Any) -> Any:
        threads.append("a thread of the pool waits")
        return real(*given)

    monkeypatch.setattr(SERVER, "_unary_request", unary_request)
    with serving(Healthy) as served:
        response = served.unary("Diagnostics/CheckHealth", request("a"), p.CheckHealthResponse)

    assert response.message == "a"
    assert bool(threads) is (way == "grpcio's way")


@pytest.mark.usefixtures("way")
def test_many_calls_at_once_get_their_own_responses() -> None:
    with serving(Healthy) as served:
        futures = [
            served.future("Diagnostics/CheckHealth", request(str(number)), p.CheckHealthResponse)
            for number in range(300)
        ]
        assert [future.result(SECONDS).message for future in futures] == [str(n) for n in range(300)]


@pytest.mark.usefixtures("way")
def test_a_request_that_is_none_ends_with_internal() -> None:
    with serving(Healthy) as served:
        call = served.channel.unary_unary(HEALTH)
        with pytest.raises(grpc.RpcError) as failed:
            call(b"\xff\xff\xff", timeout=SECONDS)
        code, details = rpc_error(failed).code(), rpc_error(failed).details()
        assert (code, details) == (grpc.StatusCode.INTERNAL, "Exception deserializing request!")
        assert served.unary("Diagnostics/CheckHealth", request("b"), p.CheckHealthResponse).message == "b"


@pytest.mark.usefixtures("way")
def test_a_call_without_a_request_is_refused() -> None:
    with serving(Healthy) as served:
        call = served.channel.stream_unary(HEALTH)
        with pytest.raises(grpc.RpcError) as failed:
            call(iter(()), timeout=SECONDS)
        assert rpc_error(failed).code() is grpc.StatusCode.UNIMPLEMENTED
        assert rpc_error(failed).details().endswith('" requires exactly one request message.')


@pytest.mark.usefixtures("way")
def test_a_caller_who_leaves_before_its_request_occupies_nothing() -> None:
    release = threading.Event()

    def never() -> Iterator[bytes]:
        release.wait(SECONDS)
        return
        yield b""

    with serving(Healthy) as served:
        calls = [served.channel.stream_unary(HEALTH).future(never(), timeout=SECONDS) for _ in range(5)]
        time.sleep(0.2)
        for call in calls:
            call.cancel()
        release.set()
        assert served.unary("Diagnostics/CheckHealth", request("c"), p.CheckHealthResponse).message == "c"
        begin = time.monotonic()
    assert time.monotonic() - begin < SECONDS / 2  # the server had nothing to wait for


@pytest.mark.usefixtures("way")
def test_a_caller_who_leaves_while_it_is_served_is_noticed() -> None:
    started, noticed = threading.Event(), threading.Event()

    class Waiting(DataSource[Any, Any]):
        def check_health(self, request: CheckHealthRequest) -> CheckHealthResult:
            started.set()
            eventually(request.is_cancelled)
            noticed.set()
            return CheckHealthResult.ok("late")

    with serving(Waiting) as served:
        call = served.future("Diagnostics/CheckHealth", request("d"), p.CheckHealthResponse)
        assert started.wait(SECONDS)
        call.cancel()
        assert noticed.wait(SECONDS)


@pytest.mark.usefixtures("way")
def test_a_request_of_sixteen_megabytes_is_received_and_a_larger_one_refused() -> None:
    with serving(Healthy) as served:
        large = request("x" * (15 * 1024 * 1024))
        assert len(served.unary("Diagnostics/CheckHealth", large, p.CheckHealthResponse).message) > 15e6
        with pytest.raises(grpc.RpcError) as failed:
            served.unary("Diagnostics/CheckHealth", request("x" * (17 * 1024 * 1024)), p.CheckHealthResponse)
        assert rpc_error(failed).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert served.unary("Diagnostics/CheckHealth", request("e"), p.CheckHealthResponse).message == "e"


def test_other_servers_in_the_process_are_served_in_grpcios_way(monkeypatch: pytest.MonkeyPatch) -> None:
    received_first.install()
    taken: list[str] = []
    monkeypatch.setattr(received_first, "_receive", lambda *_given: taken.append("taken"))

    class Generic(grpc.GenericRpcHandler):
        def service(self, _details: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(lambda message, _context: message)

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Generic(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            echo: Any = channel.unary_unary("/a/b")
            assert echo(b"echo", timeout=SECONDS) == b"echo"
    finally:
        server.stop(0).wait()
    assert taken == []
