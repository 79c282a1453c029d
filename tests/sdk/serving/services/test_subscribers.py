"""Whoever subscribes to a channel knows the schema of its frames, whenever they come."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest

from plugin_sdk import (
    DataQuery,
    DataSource,
    Field,
    Frame,
    FrameMeta,
    RunStreamRequest,
    StreamStatus,
    SubscribeStreamRequest,
    SubscribeStreamResponse,
    channel_name,
    channel_text,
    stream,
)
from plugin_sdk._serving import channels
from plugin_sdk.data import FieldConfig
from plugin_sdk.testing import PluginClient, in_process, settings


def reading(value: float, unit: str = "celsius") -> Frame:
    field = Field("value", [value], labels={"station": "oslo"}, config=FieldConfig(unit=unit))
    return Frame("oslo", Field.from_epoch("time", [int(value)], unit="s"), field)


class Feed(DataSource[dict[str, Any], dict[str, Any]]):
    """Sends what the test puts into `values`."""

    values: queue.SimpleQueue[Any]

    @stream("live/{station}")
    def live(self, station: str) -> Iterator[Any]:
        while (value := self.values.get(timeout=60)) is not None:
            yield value


class Handler(Feed):
    """Decides itself who may subscribe, and runs every channel with one method."""

    def subscribe_stream(self, request: SubscribeStreamRequest) -> SubscribeStreamResponse:
        if request.path.endswith("private"):
            return SubscribeStreamResponse(StreamStatus.PERMISSION_DENIED)
        return SubscribeStreamResponse(initial_data=reading(0) if request.path.endswith("own") else None)


class Runner(DataSource[dict[str, Any], dict[str, Any]]):
    values: queue.SimpleQueue[Any]

    def run_stream(self, request: RunStreamRequest) -> Iterator[Any]:
        while (value := self.values.get(timeout=60)) is not None:
            yield value


@pytest.fixture(params=[Feed, Handler, Runner], ids=lambda kind: kind.__name__)
def feed(request: pytest.FixtureRequest) -> Iterator[tuple[PluginClient, queue.SimpleQueue[Any]]]:
    """A plugin that serves its streams in one of the three ways, and what it sends."""
    request.param.values = queue.SimpleQueue()
    with in_process(request.param) as client:
        yield client, request.param.values
        request.param.values.put(None)


Feeding = tuple[PluginClient, "queue.SimpleQueue[Any]"]


def schema_of(frame: Frame) -> Any:
    return json.loads(frame.to_json(include="schema"))


def test_the_second_subscriber_is_given_the_schema(feed: Feeding) -> None:
    client, values = feed
    first = client.subscribe_stream("live/oslo", settings())
    packets = client.run_stream("live/oslo", settings())
    values.put(reading(1))
    assert sorted(next(packets)) == ["data", "schema"]

    second = client.subscribe_stream("live/oslo", settings())
    values.put(reading(2))

    assert first == (StreamStatus.OK, None)  # the channel does not run yet: its first packet says it
    assert second == (StreamStatus.OK, schema_of(reading(1)))
    assert sorted(next(packets)) == ["data"]  # nobody needs the schema again


def test_a_subscriber_before_the_first_packet_gets_it_with_the_packets_to_come(
    feed: Feeding, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, values = feed
    packets = client.run_stream("live/oslo", settings())
    values.put({"no": "frame"})
    assert next(packets) == {"no": "frame"}

    status, initial = client.subscribe_stream("live/oslo", settings())
    for number in (1, 2):
        values.put(reading(number))
    kinds = [sorted(next(packets)) for _ in range(2)]
    monkeypatch.setattr(channels, "_JOINING_SECONDS", -1.0)
    values.put(reading(3))

    assert (status, initial) == (StreamStatus.OK, None)
    assert kinds == [["data", "schema"]] * 2  # it may not have been there for the first
    assert sorted(next(packets)) == ["data"]


def test_a_schema_that_changes_while_somebody_subscribes_is_repeated(feed: Feeding) -> None:
    client, values = feed
    packets = client.run_stream("live/oslo", settings())
    values.put(reading(1))
    next(packets)
    client.subscribe_stream("live/oslo", settings())
    for unit in ("kelvin", "kelvin"):
        values.put(reading(2, unit))

    kinds = [sorted(next(packets)) for _ in range(2)]
    _, latest = client.subscribe_stream("live/oslo", settings())

    assert kinds == [["data", "schema"]] * 2
    assert latest == schema_of(reading(2, "kelvin"))


def test_a_schema_belongs_to_its_channel_and_ends_with_it(feed: Feeding) -> None:
    client, values = feed
    packets = client.run_stream("live/oslo", settings())
    values.put(reading(1))
    next(packets)

    assert client.subscribe_stream("live/rome", settings()) == (StreamStatus.OK, None)
    assert client.subscribe_stream("live/oslo", settings(uid="other", id=2)) == (StreamStatus.OK, None)
    values.put(None)
    assert list(packets) == []
    assert client.subscribe_stream("live/oslo", settings()) == (StreamStatus.OK, None)


def test_a_handler_s_own_answer_stands() -> None:
    Handler.values = queue.SimpleQueue()
    with in_process(Handler) as client:
        packets = client.run_stream("live/own", settings())
        Handler.values.put(reading(1))
        next(packets)
        own = client.subscribe_stream("live/own", settings())
        private = client.subscribe_stream("live/private", settings())
        Handler.values.put(None)

    assert sorted(own[1]) == ["data", "schema"]
    assert private == (StreamStatus.PERMISSION_DENIED, None)


TEXTS = {
    "berlin": "berlin",
    "New York": "New=20York",
    "München": "M=C3=BCnchen",
    "a/b": "a=2Fb",
    "50% = half": "50=25=20=3D=20half",
    "": "",
    "日本": "=E6=97=A5=E6=9C=AC",
    "a.b-c_d": "a.b-c_d",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_is_made_of_free_text_and_read_again(text: str) -> None:
    name = channel_name(text)

    assert name == TEXTS[text]
    assert channel_text(name) == text


@pytest.mark.parametrize("name", ["x=y", "a=2f", "=FF", "plain", "=C3"])
def test_a_name_made_otherwise_comes_back_as_it_is(name: str) -> None:
    assert channel_text(name) == name


def test_a_stream_gets_the_text_that_a_name_was_made_of() -> None:
    class Echo(DataSource[dict[str, Any], dict[str, Any]]):
        @stream("live/{station}")
        def live(self, station: str) -> Iterator[Any]:
            yield {"station": station}

    with in_process(Echo) as client:
        packets = list(client.run_stream(f"live/{channel_name('New York')}", settings()))

    assert packets == [{"station": "New York"}]


REFUSED = {
    "ds/u/live/New York": "holds ' '; Grafana takes letters, digits and _ - / = . only",
    "ds/u/live/München": "holds 'ü'",
    "ds/u/live/a:b": "holds ':'",
    "ds/u/" + "x" * 160: "has 165 characters; Grafana takes at most 160",
}


@pytest.mark.parametrize("channel", REFUSED)
def test_a_channel_that_grafana_refuses_is_refused_with_the_reason(channel: str) -> None:
    class Naming(DataSource[dict[str, Any], dict[str, Any]]):
        def query(self, query: DataQuery[dict[str, Any]]) -> Frame:
            return Frame("f", Field("v", [1]), meta=FrameMeta(channel=channel))

    with in_process(Naming) as client:
        result = client.query_data([{}], settings())["A"]

    assert REFUSED[channel] in result.error
    assert result.error.startswith('frame "f": meta.channel: the channel')


@pytest.mark.parametrize("kind", [Feed, Runner])
def test_a_subscription_to_a_name_that_grafana_refuses_says_why(kind: type) -> None:
    with in_process(kind) as client:
        status, initial = client.subscribe_stream("live/New York", settings())

    assert status is StreamStatus.NOT_FOUND
    assert "plugin_sdk.channel_name(text)" in initial["message"]


def test_a_path_of_a_stream_that_grafana_refuses_fails_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="the channel 'live station/x' holds ' '"):
        stream("live station/{name}")
