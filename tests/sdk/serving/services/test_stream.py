from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel

from plugin_sdk import (
    DataSource,
    DownstreamError,
    Frame,
    PublishStreamRequest,
    PublishStreamResponse,
    RunStreamRequest,
    StreamStatus,
    SubscribeStreamRequest,
    SubscribeStreamResponse,
    stream,
)
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving.channels import PacketState
from plugin_sdk._serving.services import stream as stream_service
from plugin_sdk._serving.services.stream import OpenStreams, encode_packet
from plugin_sdk.errors import PluginError
from plugin_sdk.testing import ClientError, in_process, settings
from tests.sdk.conftest import Lines
from tests.sdk.in_process_server import SECONDS, context, serving
from tests.waiting import eventually

KNOWN = "no channel 'unknown'; available: broken, fixed/ticks, frames, nothing, ticks/{count}"


def frame(value: float, name: str = "value") -> Frame:
    return Frame.from_any({name: [value]})


class Model(BaseModel):
    a: int = 1


@dataclass
class Point:
    x: int


class Channels(DataSource[Any, Any]):
    @stream("ticks/{count}")
    def ticks(self, count: int) -> Iterator[Any]:
        yield from range(count)

    @stream("fixed/ticks")
    async def fixed(self, request: RunStreamRequest) -> AsyncIterator[Any]:
        yield [request.path]
        await asyncio.sleep(0)
        yield json.loads(request.data)

    @stream("frames")
    def frames(self) -> Iterator[Frame]:
        yield frame(1)
        yield frame(2)
        yield frame(3, "other")
        yield frame(4, "other")

    @stream("nothing")
    def nothing(self, unknown: int) -> Iterator[Any]:
        yield unknown

    @stream("broken")
    def broken(self) -> Iterator[Any]:
        yield 1
        raise DownstreamError("the feed ended")


def test_a_channel_sends_what_its_generator_yields() -> None:
    with in_process(Channels) as client:
        assert list(client.run_stream("ticks/3", settings())) == [0, 1, 2]
        assert list(client.run_stream("fixed/ticks", settings(), data=b'{"a": 1}')) == [
            ["fixed/ticks"],
            {"a": 1},
        ]


def test_frames_carry_their_schema_first_and_where_it_changes() -> None:
    with in_process(Channels) as client:
        packets = list(client.run_stream("frames", settings()))

    assert [sorted(packet) for packet in packets] == [
        ["data", "schema"],
        ["data"],
        ["data", "schema"],
        ["data"],
    ]
    assert [packet["data"]["values"] for packet in packets] == [[[1]], [[2]], [[3]], [[4]]]


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("unknown", "UNKNOWN", KNOWN),
        (
            "nothing",
            "UNKNOWN",
            "the channel's method has a parameter 'unknown' that is not in its path",
        ),
        (
            "ticks/x",
            "UNKNOWN",
            "count: Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_the_error_of_a_channel_that_cannot_run_gives_the_reason(path: str, code: str, message: str) -> None:
    with in_process(Channels) as client, pytest.raises(ClientError) as failed:
        list(client.run_stream(path, settings()))

    assert (failed.value.code, failed.value.message) == (code, message)


def test_a_channel_that_breaks_ends_with_the_reason() -> None:
    with in_process(Channels) as client:
        packets = client.run_stream("broken", settings())
        assert next(packets) == 1
        with pytest.raises(ClientError) as failed:
            next(packets)

    assert failed.value.message == "the feed ended"


def test_a_default_is_used_for_what_the_path_does_not_have() -> None:
    class Defaults(DataSource[Any, Any]):
        @stream("a")
        def a(self, speed: float = 2.5) -> Iterator[float]:
            yield speed

    with in_process(Defaults) as client:
        assert list(client.run_stream("a", settings())) == [2.5]


class Own(DataSource[Any, Any]):
    def subscribe_stream(self, request: SubscribeStreamRequest) -> Any:
        return {
            "open": SubscribeStreamResponse(initial_data={"hello": 1}),
            "frame": SubscribeStreamResponse(StreamStatus.OK, frame(1)),
            "secret": SubscribeStreamResponse(StreamStatus.PERMISSION_DENIED),
        }.get(request.path, request.path)

    async def run_stream(self, request: RunStreamRequest) -> AsyncIterator[Any]:
        yield [request.path, request.context.plugin_id, request.cancelled]

    def publish_stream(self, request: PublishStreamRequest) -> PublishStreamResponse:
        if request.path != "open":
            return PublishStreamResponse(StreamStatus.PERMISSION_DENIED)
        return PublishStreamResponse(data=request.data + b"!")


def test_a_plugins_own_handlers_serve_its_channels() -> None:
    with in_process(Own, plugin_id="p") as client:
        assert client.subscribe_stream("open", settings()) == (StreamStatus.OK, {"hello": 1})
        assert client.subscribe_stream("secret", settings()) == (StreamStatus.PERMISSION_DENIED, None)
        status, first = client.subscribe_stream("frame", settings())
        assert sorted(first) == ["data", "schema"]
        assert list(client.run_stream("open", settings())) == [["open", "p", False]]
        assert client.publish_stream("open", b"x", settings()) == PublishStreamResponse(data=b"x!")
        assert client.publish_stream("other", b"x", settings()).status is StreamStatus.PERMISSION_DENIED
    assert status is StreamStatus.OK


def test_subscribe_stream_that_returns_something_else_is_an_error() -> None:
    with in_process(Own) as client, pytest.raises(ClientError) as failed:
        client.subscribe_stream("other", settings())

    assert failed.value.message == (
        "panic triggered: TypeError: subscribe_stream returned str, not SubscribeStreamResponse"
    )


def test_existing_channels_may_be_subscribed_to_without_a_handler() -> None:
    with in_process(Channels) as client:
        assert client.subscribe_stream("frames", settings()) == (StreamStatus.OK, None)
        assert client.subscribe_stream("ticks/9", settings()) == (StreamStatus.OK, None)
        status, told = client.subscribe_stream("other", settings())
    assert status is StreamStatus.NOT_FOUND
    assert told["message"].startswith("no channel 'other'; available: ")
    assert "ticks/{" in told["message"]


def test_run_stream_alone_allows_every_channel() -> None:
    class Running(DataSource[Any, Any]):
        def run_stream(self, request: RunStreamRequest) -> list[int]:
            return [1]

    with in_process(Running) as client:
        assert client.subscribe_stream("any", settings()) == (StreamStatus.OK, None)
        assert list(client.run_stream("any", settings())) == [1]
        assert client.publish_stream("any", b"1", settings()).status is StreamStatus.PERMISSION_DENIED


def test_publishing_is_refused_without_a_handler(logged: Lines) -> None:
    with in_process(Channels) as client:
        assert client.publish_stream("frames", b"1", settings()).status is StreamStatus.PERMISSION_DENIED

    (line,) = [line for line in logged() if line["@message"].startswith("publication refused")]
    assert line["path"] == "frames"


@pytest.mark.parametrize("call", ["subscribe_stream", "run_stream", "publish_stream"])
def test_a_class_without_streams_is_unimplemented(call: str) -> None:
    class Silent(DataSource[Any, Any]):
        pass

    calls: dict[str, Any] = {
        "subscribe_stream": lambda client: client.subscribe_stream("a", settings()),
        "run_stream": lambda client: list(client.run_stream("a", settings())),
        "publish_stream": lambda client: client.publish_stream("a", b"", settings()),
    }
    with in_process(Silent) as client, pytest.raises(ClientError) as failed:
        calls[call](client)

    assert (failed.value.code, failed.value.message) == (
        "UNIMPLEMENTED",
        "this plugin does not implement streams",
    )


def test_closing_a_channel_cancels_its_async_generator(logged: Lines) -> None:
    waiting, cancelled, closed = threading.Event(), threading.Event(), threading.Event()

    class Waiting(DataSource[Any, Any]):
        @stream("a")
        async def a(self) -> AsyncIterator[int]:
            try:
                yield 1
                waiting.set()
                await asyncio.sleep(SECONDS)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            finally:
                closed.set()

    with in_process(Waiting) as client:
        packets = client.run_stream("a", settings())
        assert next(packets) == 1
        assert waiting.wait(SECONDS)
        packets.close()  # type: ignore[attr-defined]  # a generator
        assert cancelled.wait(SECONDS)
        assert closed.wait(SECONDS)
        (line,) = eventually(
            lambda: [line for line in logged() if line["@message"] == "Plugin Request Completed"]
        )

    assert (line["status"], line["endpoint"]) == ("cancelled", "runStream")


def test_closing_a_channel_closes_its_sync_generator() -> None:
    closed = threading.Event()

    class Endless(DataSource[Any, Any]):
        @stream("a")
        def a(self, request: RunStreamRequest) -> Iterator[int]:
            try:
                while True:
                    yield 1
            finally:
                closed.set()

    with in_process(Endless) as client:
        packets = client.run_stream("a", settings())
        assert next(packets) == 1
        packets.close()  # type: ignore[attr-defined]  # a generator
        assert closed.wait(SECONDS)


def test_a_slow_reader_slows_the_channel_down() -> None:
    sent: list[int] = []
    block = b"x" * 1_000_000

    class Fast(DataSource[Any, Any]):
        def run_stream(self, request: RunStreamRequest) -> Iterator[Any]:
            for number in range(40):
                sent.append(number)
                yield json.dumps(block.decode())

    with serving(Fast) as served:
        call = served.stream("Stream/RunStream", p.RunStreamRequest(pluginContext=context()), p.StreamPacket)
        next(call)
        eventually(lambda: len(sent) > 1)
        # Forty megabytes exceed what gRPC buffers for a reader that has taken one packet.
        assert len(sent) < 40
        assert sum(1 for _ in call) == 39


# Packets


@pytest.mark.parametrize(
    ("value", "packet"),
    [
        ({"a": [1, None]}, b'{"a": [1, null]}'),
        (b'{"raw": 1}', b'{"raw": 1}'),
        ('{"raw": "\u00e9"}', '{"raw": "é"}'.encode()),
        (None, b"null"),
        (Model(), b'{"a": 1}'),
        (Point(2), b'{"x": 2}'),
    ],
)
def test_a_packet_is_json(value: Any, packet: bytes) -> None:
    assert encode_packet(value, PacketState()) == packet


@pytest.mark.parametrize("value", ["no json", b"{"])
def test_a_packet_of_text_that_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(PluginError, match="a channel accepts frames or JSON; this packet is neither"):
        encode_packet(value, PacketState())


def test_a_packet_with_a_number_without_json_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode_packet({"value": float("inf")}, PacketState())


# The limit of open channels


def test_channels_are_counted_up_to_the_limit() -> None:
    streams = OpenStreams(limit=2)

    assert [streams.enter(1), streams.enter(2), streams.enter(3)] == [True, True, False]
    streams.leave(1)
    assert streams.enter(3) is True
    streams.leave(99)
    assert streams.enter(4) is False


def test_a_channel_over_the_limit_is_refused_and_a_closed_one_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_service, "OpenStreams", partial(OpenStreams, limit=2))

    class Waiting(DataSource[Any, Any]):
        async def run_stream(self, request: RunStreamRequest) -> AsyncIterator[int]:
            yield 1
            await asyncio.sleep(SECONDS)

    with in_process(Waiting) as client:
        opened = [client.run_stream(str(number), settings()) for number in range(2)]
        assert [next(packets) for packets in opened] == [1, 1]
        with pytest.raises(ClientError) as failed:
            next(client.run_stream("third", settings()))
        assert failed.value.code == "RESOURCE_EXHAUSTED"
        assert failed.value.message == "the plugin is already running 2 channels, which is its limit"

        opened[0].close()  # type: ignore[attr-defined]  # a generator
        assert eventually(lambda: opens(client)) == 1


def opens(client: Any) -> int | None:
    packets = client.run_stream("again", settings())
    try:
        return int(next(packets))
    except ClientError:
        return None
    finally:
        packets.close()
