"""Channels of async generators, which a task drains, and the same channels in threads."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import grpc
import pytest

from plugin_sdk import DataSource, DownstreamError, Field, Frame, RunStreamRequest, stream
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving import async_bridge, request_scope
from plugin_sdk._serving.metrics import Metrics
from plugin_sdk._serving.services import channel_task
from plugin_sdk._serving.transport import message_sender
from plugin_sdk._serving.watch.stacks import position_of_call
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS, Served, context, serving
from tests.waiting import eventually

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=["task", "thread"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Drain by a task, and in a thread as with a grpcio whose private parts have changed."""
    if request.param == "thread":
        monkeypatch.setattr(message_sender, "is_supported", lambda _context: False)
    return str(request.param)


RPC = ("/pluginv2.Stream/RunStream", "server_stream")


def channel(generator: Callable[..., Any]) -> type:
    """Return a data source whose every channel runs `generator()`."""

    class Source(DataSource[Any, Any]):
        def run_stream(self, _request: RunStreamRequest) -> Any:
            return generator()

    return Source


def opened(served: Served, path: str = "a") -> Any:
    request = p.RunStreamRequest(pluginContext=context(), path=path)
    return served.stream("Stream/RunStream", request, p.StreamPacket)


def packets(call: Any) -> list[Any]:
    return [json.loads(packet.data) for packet in call]


def completed(logged: Lines) -> dict[str, Any]:
    (line,) = eventually(
        lambda: [line for line in logged() if line["@message"] == "Plugin Request Completed"]
    )
    return dict(line)


@pytest.mark.usefixtures("way")
def test_all_values_arrive_in_order(logged: Lines) -> None:
    async def values() -> AsyncIterator[int]:
        for number in range(500):
            if number % 7 == 0:
                await asyncio.sleep(0)
            yield number

    metrics = Metrics()
    with serving(channel(values), metrics=metrics) as served:
        call = opened(served)
        assert packets(call) == list(range(500))
        assert call.code() is grpc.StatusCode.OK

    assert completed(logged)["status"] == "ok"
    assert metrics._sent[RPC] == 500
    assert metrics._handled[RPC, "OK"] == 1
    assert not request_scope.active


@pytest.mark.usefixtures("way")
def test_a_channel_without_packets_ends() -> None:
    async def values() -> AsyncIterator[int]:
        empty: tuple[int, ...] = ()
        for number in empty:
            yield number

    with serving(channel(values)) as served:
        call = opened(served)
        assert packets(call) == []
        assert call.code() is grpc.StatusCode.OK


_ERRORS: dict[str, tuple[Callable[[], BaseException], str, str]] = {
    "deliberate": (lambda: DownstreamError("the feed ended"), "the feed ended", "downstream"),
    "a bug": (lambda: ValueError("oops"), "panic triggered: oops", "plugin"),
    "SystemExit": (lambda: SystemExit(3), "panic triggered: SystemExit: 3", "plugin"),
    "KeyboardInterrupt": (lambda: KeyboardInterrupt("k"), "panic triggered: KeyboardInterrupt: k", "plugin"),
    "GeneratorExit": (
        lambda: GeneratorExit(),
        "panic triggered: HandlerExitError: the handler raised GeneratorExit",
        "plugin",
    ),
    "CancelledError": (lambda: asyncio.CancelledError("c"), "panic triggered", "downstream"),
}


@pytest.mark.parametrize("packets_before", [0, 2])
@pytest.mark.parametrize("name", _ERRORS)
def test_an_error_ends_the_channel_with_its_status(
    way: str, name: str, packets_before: int, logged: Lines
) -> None:
    make, text, source = _ERRORS[name]
    closed = threading.Event()

    async def values() -> AsyncIterator[int]:
        try:
            for number in range(packets_before):
                yield number
            await asyncio.sleep(0)
            raise make()
        finally:
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        received: list[Any] = []
        with pytest.raises(grpc.RpcError):
            received.extend(json.loads(packet.data) for packet in call)
        assert received == list(range(packets_before))
        assert call.details().startswith(text), call.details()
        assert call.code() is grpc.StatusCode.UNKNOWN
        assert closed.wait(SECONDS)
        # The loop goes on for everybody else.
        again = opened(served)
        with pytest.raises(grpc.RpcError):
            list(again)

    lines = [line for line in logged() if line["@message"] == "Plugin Request Completed"]
    assert {line["status"] for line in lines} == {"error"}
    assert {line["statusSource"] for line in lines} == {source}
    assert not request_scope.active, way


@pytest.mark.usefixtures("way")
def test_a_packet_that_is_not_json_ends_the_channel_and_closes_the_generator() -> None:
    closed = threading.Event()

    async def values() -> AsyncIterator[Any]:
        try:
            yield 1
            yield "no json"
            yield 2
        finally:
            await asyncio.sleep(0)
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        assert json.loads(next(call).data) == 1
        with pytest.raises(grpc.RpcError):
            next(call)
        assert "a channel accepts frames or JSON" in call.details()
        assert closed.wait(SECONDS)


_WAITS: dict[str, Callable[[threading.Event], Any]] = {
    "asleep": lambda _waiting: asyncio.sleep(SECONDS),
    "in a task of its own": lambda _waiting: asyncio.gather(asyncio.sleep(SECONDS)),
    "on a future that nobody resolves": lambda _waiting: asyncio.get_running_loop().create_future(),
}


@pytest.mark.parametrize("wait", _WAITS)
def test_a_caller_who_leaves_cancels_the_generator_and_waits_for_its_cleanup(
    way: str, wait: str, logged: Lines
) -> None:
    waiting, cancelled, cleaned = threading.Event(), threading.Event(), threading.Event()

    async def values() -> AsyncIterator[int]:
        try:
            yield 1
            waiting.set()
            await _WAITS[wait](waiting)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        finally:
            await asyncio.sleep(0.01)
            cleaned.set()

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
        assert waiting.wait(SECONDS)
        call.cancel()
        assert cancelled.wait(SECONDS)
        assert cleaned.wait(SECONDS), way
        line = completed(logged)
        eventually(lambda: not request_scope.active)

    assert (line["status"], line["statusSource"]) == ("cancelled", "downstream")


@pytest.mark.usefixtures("way")
def test_a_generator_that_ignores_its_cancellation_is_closed(logged: Lines) -> None:
    waiting, closed = threading.Event(), threading.Event()

    async def values() -> AsyncIterator[int]:
        number = 0
        try:
            while True:
                yield number
                number += 1
                waiting.set()
                try:
                    await asyncio.sleep(SECONDS)
                except asyncio.CancelledError:
                    continue
        finally:
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
        assert waiting.wait(SECONDS)
        call.cancel()
        assert closed.wait(SECONDS)
        assert completed(logged)["status"] == "cancelled"


def test_a_caller_who_left_before_the_task_begins_ends_it(logged: Lines) -> None:
    """The task is created while the loop is busy, and the caller has left by the time it runs."""
    started, closed = threading.Event(), threading.Event()

    async def values() -> AsyncIterator[int]:
        started.set()
        try:
            await asyncio.sleep(SECONDS)
            yield 1
        finally:
            closed.set()

    with serving(channel(values)) as served:
        release = threading.Event()
        async_bridge.event_loop().call_soon_threadsafe(release.wait)
        call = opened(served)
        eventually(lambda: request_scope.active)
        call.cancel()
        eventually(lambda: all(one.is_cancelled() for one in request_scope.active))
        release.set()
        assert completed(logged)["status"] == "cancelled"
        eventually(lambda: not request_scope.active)
        assert closed.is_set() == started.is_set()


@pytest.mark.usefixtures("way")
def test_a_slow_reader_slows_its_channel_down_and_no_other() -> None:
    sent: list[int] = []
    block = "x" * 1_000_000

    class Source(DataSource[Any, Any]):
        @stream("large")
        async def large(self) -> AsyncIterator[Any]:
            for number in range(40):
                sent.append(number)
                yield json.dumps(block)

        @stream("small")
        async def small(self) -> AsyncIterator[int]:
            for number in range(200):
                yield number

    with serving(Source) as served:
        slow = opened(served, "large")
        next(slow)
        eventually(lambda: len(sent) > 1)
        assert packets(opened(served, "small")) == list(range(200))
        # Forty megabytes exceed what gRPC buffers for a reader that has taken one packet.
        assert len(sent) < 40
        assert sum(1 for _ in slow) == 39


def test_a_slow_reader_who_leaves_ends_the_channel(logged: Lines) -> None:
    closed = threading.Event()
    sent: list[int] = []

    async def values() -> AsyncIterator[Any]:
        try:
            while True:
                sent.append(1)
                yield json.dumps("x" * 1_000_000)
        finally:
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
        before = -1
        while before != len(sent):  # until nothing more fits
            before = len(sent)
            time.sleep(0.2)
        call.cancel()
        assert closed.wait(SECONDS)
        assert completed(logged)["status"] == "cancelled"


def test_a_server_that_stops_ends_its_channels(logged: Lines) -> None:
    closed = threading.Event()

    async def values() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(SECONDS)
        finally:
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
    assert closed.wait(SECONDS)
    assert completed(logged)["status"] == "cancelled"


def test_channels_take_no_thread_each() -> None:
    async def values() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(SECONDS)

    def serving_threads() -> int:
        return sum(thread.name.startswith("stream") for thread in threading.enumerate())

    with serving(channel(values)) as served:
        calls = [opened(served, str(number)) for number in range(60)]
        for call in calls:
            next(call)
        assert serving_threads() < 30
        for call in calls:
            call.cancel()
        eventually(lambda: not request_scope.active)


def test_large_frames_are_encoded_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    encoding: list[str] = []
    real = Frame.check

    def check(frame: Frame) -> Any:
        encoding.append(threading.current_thread().name)
        return real(frame)

    monkeypatch.setattr(Frame, "check", check)

    async def values() -> AsyncIterator[Frame]:
        yield Frame("small", Field("value", [1.0]))
        yield Frame("large", Field("value", [1.0] * (channel_task._LARGE + 1)))

    with serving(channel(values)) as served:
        small, large = packets(opened(served))

    assert (len(small["data"]["values"][0]), len(large["data"]["values"][0])) == (1, channel_task._LARGE + 1)
    assert encoding[0] == "event-loop"
    assert encoding[-1].startswith("stream")


def test_a_large_frame_that_cannot_be_encoded_is_an_error() -> None:
    async def values() -> AsyncIterator[Frame]:
        yield Frame("large", Field("value", ["a", *[1.0] * channel_task._LARGE]))

    with serving(channel(values)) as served:
        call = opened(served)
        with pytest.raises(grpc.RpcError):
            next(call)
        assert "row 1 " in call.details() or "float64" in call.details()


def test_log_lines_of_a_channel_carry_its_request(logged: Lines) -> None:
    import logging

    async def values() -> AsyncIterator[int]:
        logging.getLogger("author").warning("from the channel")
        yield 1

    from plugin_sdk import _log

    handler = _log.HclogHandler()
    logging.getLogger("author").addHandler(handler)
    try:
        with serving(channel(values)) as served:
            list(opened(served))
    finally:
        logging.getLogger("author").removeHandler(handler)

    (line,) = [line for line in logged() if line["@message"] == "from the channel"]
    assert line["endpoint"] == "runStream"


def test_a_dropped_task_awaits_nothing() -> None:
    """A task that is collected, as in a forked child, ends without an error of its own."""

    async def values() -> AsyncIterator[int]:
        await asyncio.get_running_loop().create_future()
        yield 1

    class Call:
        sent = 0

        def on_end(self, _callback: Any) -> None:
            return None

    class Context:
        class _rpc_event:  # grpcio's name
            call = None

        _state = None

    ends: list[Any] = []

    async def begin() -> Any:
        made: Any = channel_task._drain(Call(), Context(), values(), lambda _value: b"", None, ends.append)  # type: ignore[arg-type]
        task = asyncio.ensure_future(made)
        await asyncio.sleep(0)
        return made, task

    loop = asyncio.new_event_loop()
    try:
        made, task = loop.run_until_complete(begin())
        made.close()
        assert ends == []
        task._log_destroy_pending = False
        del task, made
        gc.collect()
    finally:
        loop.close()


def test_an_async_generator_of_a_coroutine_is_drained() -> None:
    class Source(DataSource[Any, Any]):
        async def run_stream(self, _request: RunStreamRequest) -> Any:  # type: ignore[override]  # a coroutine of one
            async def values() -> AsyncIterator[int]:
                yield 7

            return values()

    with in_process(Source) as client:
        assert list(client.run_stream("a", settings())) == [7]


def test_what_is_no_generator_is_an_error() -> None:
    with in_process(channel(lambda: 5)) as client, pytest.raises(ClientError) as failed:
        list(client.run_stream("a", settings()))

    assert "the handler returned int; expected a generator" in failed.value.message


def test_a_sync_generator_is_closed_when_its_caller_leaves() -> None:
    closed = threading.Event()

    def values() -> Iterator[int]:
        try:
            while True:
                yield 1
                time.sleep(0.005)
        finally:
            closed.set()

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
        call.cancel()
        assert closed.wait(SECONDS)
        eventually(lambda: not request_scope.active)


def test_grpcio_has_what_the_sender_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails where a new grpcio has changed; until the sender follows, every channel keeps a thread."""
    contexts: list[Any] = []
    real = message_sender.is_supported

    def is_supported(given: Any) -> bool:
        contexts.append(given)
        return real(given)

    async def values() -> AsyncIterator[int]:
        yield 1

    monkeypatch.setattr(message_sender, "is_supported", is_supported)
    with serving(channel(values)) as served:
        assert packets(opened(served)) == [1]

    assert real(contexts[0])
    for name in (*message_sender._NEEDED,):
        with monkeypatch.context() as without:
            without.delattr(f"grpc._server.{name}")
            assert not real(contexts[0]), name
    assert not real(object())


def test_the_position_of_a_channel_without_a_thread_is_that_of_its_generator() -> None:
    async def values() -> AsyncIterator[int]:
        yield 1
        await asyncio.sleep(SECONDS)

    with serving(channel(values)) as served:
        call = opened(served)
        next(call)
        (active,) = request_scope.active
        position = eventually(lambda: position_of_call(active))
        assert position.file == __file__
        assert position.handler.endswith("values")
        call.cancel()
        eventually(lambda: not request_scope.active)
