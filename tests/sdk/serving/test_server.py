from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from plugin_sdk import DataSource, Frame, RunStreamRequest
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving import server
from plugin_sdk._serving.pools import Pools, in_pool
from plugin_sdk._serving.server import MAX_RECEIVE_BYTES
from plugin_sdk._serving.services.goplugin import Stdio
from plugin_sdk.testing import ClientError, settings
from tests.sdk.in_process_server import SECONDS, context, query_request, serving

HUNG_QUERIES = 150
OPEN_STREAMS = 20


class Hanging(DataSource[Any, Any]):
    go_on = threading.Event()
    inside = threading.Semaphore(0)

    def query(self, query: Any) -> Frame:
        self.inside.release()
        assert self.go_on.wait(SECONDS)
        return Frame("late")

    def run_stream(self, request: RunStreamRequest) -> Iterator[int]:
        self.inside.release()
        yield 1
        assert self.go_on.wait(SECONDS)


def test_health_works_while_queries_hang_and_streams_are_open() -> None:
    # grpcio's pool for each method is not a public interface: this fails if a version stops honouring it.
    # In the control pool of four threads, the 170 calls would leave none for health.
    with serving(Hanging, stdio=Stdio()) as served:
        queries = [
            served.future("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse)
            for _ in range(HUNG_QUERIES)
        ]
        streams = [
            served.stream("Stream/RunStream", p.RunStreamRequest(pluginContext=context()), p.StreamPacket)
            for _ in range(OPEN_STREAMS)
        ]
        try:
            for _ in range(HUNG_QUERIES + OPEN_STREAMS):
                assert Hanging.inside.acquire(timeout=SECONDS)
            assert [next(packets).data for packets in streams] == [b"1"] * OPEN_STREAMS
            check = served.channel.unary_unary("/grpc.health.v1.Health/Check")
            assert check(b"\x0a\x06plugin", timeout=SECONDS) == b"\x08\x01"
            assert served.client.check_health(settings()).status.name == "OK"
            assert not any(query.done() for query in queries)
        finally:
            Hanging.go_on.set()
        assert all(query.result(SECONDS).responses["A"].frames for query in queries)
        for packets in streams:
            assert list(packets) == []


def test_a_behaviour_is_marked_for_its_pool() -> None:
    pools = Pools.create()

    def behavior() -> None: ...

    marked: Any = in_pool(pools.streams, behavior)
    assert marked.experimental_thread_pool is pools.streams
    pools.close()
    assert not pools.control.submit(print).done()  # an exception must not reach grpcio's serving thread


class Echo(DataSource[Any, Any]):
    def query(self, query: Any) -> Frame:
        return Frame.from_any({"length": [len(query.json)]})


def test_a_request_is_refused_only_beyond_the_limit() -> None:
    with serving(Echo) as served:
        fits = b'{"a": "' + b"x" * (MAX_RECEIVE_BYTES - 10_000) + b'"}'
        answer = served.unary("Data/QueryData", query_request(("A", fits)), p.QueryDataResponse)
        assert answer.responses["A"].error == ""

        with pytest.raises(grpc.RpcError) as failed:
            served.unary(
                "Data/QueryData", query_request(("A", b" " * MAX_RECEIVE_BYTES)), p.QueryDataResponse
            )
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_response_may_have_any_size() -> None:
    class Big(DataSource[Any, Any]):
        def query(self, query: Any) -> Frame:
            return Frame.from_any({"text": ["x" * (2 * MAX_RECEIVE_BYTES)]})

    with serving(Big) as served:
        (text,) = served.client.query_data([{}], settings())["A"].frames[0].fields[0].values

    assert len(text) == 2 * MAX_RECEIVE_BYTES


def test_cookies_and_tokens_of_half_a_megabyte_arrive() -> None:
    with serving(Echo) as served:
        answer = served.unary(
            "Data/QueryData",
            query_request(("A", b"{}")),
            p.QueryDataResponse,
            metadata=(("cookie", "c" * 500_000),),
        )

    assert answer.responses["A"].error == ""


def test_an_unknown_method_is_unimplemented() -> None:
    with serving(Echo) as served, pytest.raises(grpc.RpcError) as failed:
        served.channel.unary_unary("/pluginv2.Data/Other")(b"", timeout=SECONDS)

    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_without_a_host_there_are_no_services_of_go_plugin() -> None:
    with serving(Echo) as served:
        for method in ("/plugin.GRPCController/Shutdown", "/plugin.GRPCStdio/StreamStdio"):
            with pytest.raises(grpc.RpcError) as failed:
                served.channel.unary_unary(method)(b"", timeout=SECONDS)
            assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_the_first_calls_may_be_concurrent() -> None:
    # The modules of the services are imported with the first call, which many threads may make at once.
    with serving(Echo) as served:
        calls = [
            served.future("Data/QueryData", query_request(("A", b"{}")), p.QueryDataResponse)
            for _ in range(32)
        ]
        assert {call.result(SECONDS).responses["A"].error for call in calls} == {""}


def test_a_timeout_fails_only_the_callers_side() -> None:
    go_on = threading.Event()

    class Slow(DataSource[Any, Any]):
        def query(self, query: Any) -> Frame:
            go_on.wait(SECONDS)
            return Frame("x")

    with serving(Slow) as served:
        served.client.timeout_seconds = 0.05
        with pytest.raises(ClientError) as failed:
            served.client.query_data([{}], settings())
        go_on.set()
        served.client.timeout_seconds = SECONDS
        assert served.client.query_data([{}], settings())["A"].error == ""

    assert failed.value.code == "DEADLINE_EXCEEDED"


def test_preload_imports_what_the_first_request_needs() -> None:
    code = (
        "import sys; from plugin_sdk._serving import server; "
        "before = set(sys.modules); server.preload(); "
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    needed = {"plugin_sdk._serving.services.data", "plugin_sdk._serving.models.parse", "plugin_sdk.data"}
    assert needed <= set(done.stdout.split())
    server.preload()


# The services that go-plugin's client expects


def test_the_controller_responds_before_the_process_stops() -> None:
    stopped = threading.Event()
    with serving(Echo, stop=stopped.set, stdio=Stdio()) as served:
        shutdown = served.channel.unary_unary("/plugin.GRPCController/Shutdown")
        assert shutdown(b"", timeout=SECONDS) == b""
        assert stopped.wait(SECONDS)


def test_a_backend_that_outlives_its_host_has_no_controller() -> None:
    with serving(Echo, stop=None, stdio=Stdio()) as served, pytest.raises(grpc.RpcError) as failed:
        served.channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=SECONDS)

    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("service", [b"", b"\x0a\x06plugin"])
def test_health_says_serving_for_the_server_and_the_plugin(service: bytes) -> None:
    with serving(Echo) as served:
        assert served.channel.unary_unary("/grpc.health.v1.Health/Check")(service, timeout=SECONDS) == (
            b"\x08\x01"
        )
        watching = served.channel.unary_stream("/grpc.health.v1.Health/Watch")(service, timeout=SECONDS)
        assert next(watching) == b"\x08\x01"
        watching.cancel()


def test_health_knows_no_other_service() -> None:
    with serving(Echo) as served:
        with pytest.raises(grpc.RpcError) as failed:
            served.channel.unary_unary("/grpc.health.v1.Health/Check")(b"\x0a\x01x", timeout=SECONDS)
        assert failed.value.code() is grpc.StatusCode.NOT_FOUND

        watching = served.channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\x0a\x01x", timeout=SECONDS)
        assert next(watching) == b"\x08\x03"
        watching.cancel()


@pytest.mark.parametrize("size", [1, 127, 128, 70_000])
def test_what_is_printed_reaches_the_host_that_listens(size: int) -> None:
    stdio = Stdio()
    with serving(Echo, stdio=stdio) as served:
        listening = served.channel.unary_stream("/plugin.GRPCStdio/StreamStdio")(b"", timeout=SECONDS)
        parts = (message for message in listening)
        # Print until the listener is connected: earlier output is dropped.
        arrived: list[bytes] = []
        reader = threading.Thread(target=lambda: arrived.append(next(parts)))
        reader.start()
        while not arrived:
            stdio.write(b"o" * size)
            stdio.write(b"")
            time.sleep(0.005)
        reader.join()
        listening.cancel()

    channel, data = stdio_message(arrived[0])
    assert (channel, data) == (1, b"o" * size)


def stdio_message(raw: bytes) -> tuple[int, bytes]:
    """Read plugin.StdioData: field 1 is the channel, field 2 the data."""
    assert raw[0] == 0x08
    assert raw[2] == 0x12
    length, shift, at = 0, 0, 3
    while True:
        length |= (raw[at] & 0x7F) << shift
        at += 1
        if not raw[at - 1] & 0x80:
            break
        shift += 7
    assert len(raw) - at == length
    return raw[1], raw[at:]


def test_what_is_printed_after_the_listener_left_is_dropped() -> None:
    stdio = Stdio()
    sent: list[bytes | None] = []

    class Context:
        def add_callback(self, callback: Any) -> None:
            self.leave = callback

    host = Context()
    stdio.stream(b"", host, sent.append)
    stdio.write(b"heard")
    host.leave()
    stdio.write(b"unheard")

    assert sent == [b"\x08\x01\x12\x05heard"]


def test_the_broker_keeps_its_stream_open() -> None:
    with serving(Echo, stdio=Stdio()) as served:
        closing = threading.Event()

        def requests() -> Iterator[bytes]:
            closing.wait(SECONDS)
            return
            yield b""

        stream = served.channel.stream_stream("/plugin.GRPCBroker/StartStream")(requests(), timeout=SECONDS)
        served.client.check_health(settings())
        assert stream.is_active()
        stream.cancel()
        closing.set()
