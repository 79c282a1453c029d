from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from plugin_sdk import CallResourceResponse, DataQuery, DataSource, DataSourceInstanceSettings, Frame
from plugin_sdk.messages import StreamStatus, TimeRange
from plugin_sdk.testing import ClientError, PluginClient, in_process, last, settings


class Closing(DataSource[Any, Any]):
    disposed = 0

    def query(self, query: Any) -> Frame:
        return Frame.from_any(
            {"from": [query.time_range.from_ms], "to": [query.time_range.to_ms], "points": [1]}
        )

    def dispose(self) -> None:
        Closing.disposed += 1


def test_leaving_the_block_disposes_the_instances() -> None:
    with in_process(Closing) as client:
        client.check_health(settings())
        assert Closing.disposed == 0

    assert Closing.disposed == 1


def test_settings_have_plain_and_secret_values() -> None:
    made = settings({"a": 1}, {"key": "s"}, uid="u", name="n", id=4, updated_ms=1_500)

    assert made == DataSourceInstanceSettings(
        json_data_raw=b'{"a": 1}',
        decrypted_secure_json_data={"key": "s"},
        updated=datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC),
        id=4,
        uid="u",
        name="n",
    )


def test_the_last_hour_ends_now_or_at_a_given_time() -> None:
    before = int(time.time() * 1000)
    span = last(3600)
    assert span.to_ms - span.from_ms == 3_600_000
    assert before <= span.to_ms <= int(time.time() * 1000)

    assert last(1.5, now=datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == TimeRange(58_500, 60_000)


def test_a_failed_rpc_is_an_error_with_the_name_of_the_status() -> None:
    with in_process(Closing) as client, pytest.raises(ClientError) as failed:
        client.subscribe_stream("a", settings())

    assert failed.value.code == "UNIMPLEMENTED"
    assert str(failed.value) == "UNIMPLEMENTED: this plugin does not implement streams"


def test_no_server_is_unavailable() -> None:
    import grpc

    with grpc.insecure_channel("127.0.0.1:1") as channel, pytest.raises(ClientError) as failed:
        PluginClient(channel).check_health(settings())

    assert failed.value.code == "UNAVAILABLE"


def test_a_stream_of_no_parts_is_an_empty_response() -> None:
    class NoParts(PluginClient):
        def stream_resource(self, *_arguments: Any, **_named: Any) -> Any:
            return iter(())

    assert NoParts(None).call_resource("GET", "a") == CallResourceResponse(200, b"", {})


def test_publishing_returns_status_and_data() -> None:
    class Publishing(DataSource[Any, Any]):
        def publish_stream(self, request: Any) -> Any:
            from plugin_sdk import PublishStreamResponse

            return PublishStreamResponse(StreamStatus.NOT_FOUND, b"d")

        def run_stream(self, request: Any) -> Any:
            return [{}]

    with in_process(Publishing) as client:
        response = client.publish_stream("a", b"x", settings())

    assert (response.status, response.data) == (StreamStatus.NOT_FOUND, b"d")


class Station(BaseModel):
    station: str = "berlin"


def test_a_client_can_have_mistyped_fields_refused() -> None:
    class Weather(DataSource[Any, Station]):
        def query(self, query: DataQuery[Station]) -> Frame:
            return Frame.from_any({"station": [query.model.station]})

    with in_process(Weather) as client:
        lenient = client.query_data([{"refId": "A", "sation": "oslo"}], settings())["A"]
        queries = [{"refId": "A", "sation": "oslo"}, {"refId": "B", "station": "oslo"}]
        strict = client.query_data(queries, settings(), known_fields_only=True)
        by_metadata = client.with_metadata(("plugin-cli-query-fields", "known")).query_data(
            queries, settings()
        )

    assert lenient.error == ""
    assert by_metadata["A"] == strict["A"]
    assert (strict["A"].status, strict["B"].error) == (400, "")
    assert strict["A"].error.startswith("the query has no field 'sation'; allowed: station")
