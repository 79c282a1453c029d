"""Plugin contexts from protobuf and back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plugin_sdk._proto import pluginv2 as p
from plugin_sdk._serving import proto_in
from plugin_sdk._serving.async_bridge import Uncancelled
from plugin_sdk._version import __version__
from plugin_sdk.client.proto_out import plugin_context
from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings, PluginContext, User, UserAgent
from plugin_sdk.messages import Operation
from plugin_sdk.testing import settings


def test_a_data_source_survives_a_round_trip() -> None:
    source: DataSourceInstanceSettings[Any] = DataSourceInstanceSettings(
        json_data_raw=b'{"a": 1}',
        decrypted_secure_json_data={"key": "secret"},
        updated=datetime(2026, 1, 2, 3, 4, 5, 1_000, tzinfo=UTC),
        api_version="v1",
        id=7,
        uid="u",
        type="acme-x-datasource",
        name="n",
        url="http://u",
        user="me",
        database="db",
        basic_auth_enabled=True,
        basic_auth_user="ba",
    )

    found = proto_in.plugin_context(plugin_context("acme-x-datasource", source))
    assert found.data_source_instance_settings == source
    assert found.user == User("admin", "admin", "", "Admin")
    assert (found.org_id, found.plugin_id) == (1, "acme-x-datasource")
    assert found.user_agent is None
    assert plugin_context("x", None).userAgent == f"plugin-cli/{__version__}"


def test_an_app_survives_a_round_trip() -> None:
    app: AppInstanceSettings[Any] = AppInstanceSettings(
        json_data_raw=b"{}",
        decrypted_secure_json_data={"key": "secret"},
        updated=datetime(2026, 1, 2, tzinfo=UTC),
        api_version="v1",
    )
    found = proto_in.plugin_context(plugin_context("acme-x-app", app))

    assert found.app_instance_settings == app
    assert found.data_source_instance_settings is None


@pytest.mark.parametrize("ms", [1, 999, 1_001, 1_700_000_000_123, 1_700_000_000_999, -1])
def test_the_time_of_a_change_has_milliseconds(ms: int) -> None:
    context = plugin_context("x", settings(updated_ms=ms))

    assert context.dataSourceInstanceSettings.lastUpdatedMS == ms


@pytest.mark.parametrize(
    ("ms", "expected"),
    [
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (2**62, datetime.max.replace(tzinfo=UTC)),
        (-(2**62), datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_a_time_out_of_range_is_the_nearest_datetime(ms: int, expected: datetime) -> None:
    message = p.PluginContext(dataSourceInstanceSettings=p.DataSourceInstanceSettings(lastUpdatedMS=ms))
    found = proto_in.plugin_context(message).data_source_instance_settings

    assert found is not None
    assert found.updated == expected


def test_an_empty_context_is_empty() -> None:
    assert proto_in.plugin_context(p.PluginContext()) == PluginContext(
        grafana_config=proto_in.plugin_context(p.PluginContext()).grafana_config
    )


def test_everything_that_grafana_sends_arrives() -> None:
    message = p.PluginContext(
        orgId=3,
        pluginId="acme-app",
        pluginVersion="1.0.0",
        user=p.User(login="l", name="n", email="e", role="Viewer"),
        appInstanceSettings=p.AppInstanceSettings(
            jsonData=b"{}", decryptedSecureJsonData={"k": "s"}, apiVersion="v0"
        ),
        grafanaConfig={"GF_APP_URL": "http://g"},
        userAgent="Grafana/12.4.3 (linux; amd64)",
        namespace="ns",
        apiVersion="v2",
    )
    found = proto_in.plugin_context(message)

    assert found.user == User("l", "n", "e", "Viewer")
    assert found.app_instance_settings is not None
    assert found.app_instance_settings.decrypted_secure_json_data == {"k": "s"}
    assert found.data_source_instance_settings is None
    assert found.grafana_config.app_url == "http://g"
    assert found.user_agent == UserAgent("12.4.3", "linux", "amd64")
    assert (found.namespace, found.api_version, found.plugin_version) == ("ns", "v2", "1.0.0")


def test_requests_have_all_fields_of_the_message() -> None:
    context, caller = PluginContext(), Uncancelled()
    resource = p.CallResourceRequest(path="a", url="a?x=1", body=b"b")
    resource.headers["X"].values.extend(["1", "2"])
    call = proto_in.call_resource(resource, context, caller)
    assert (call.method, call.path, call.url, call.body) == ("GET", "a", "a?x=1", b"b")
    assert call.http_headers == {"X": ["1", "2"]}

    for make, message in (
        (proto_in.subscribe_stream, p.SubscribeStreamRequest(path="p", data=b"d")),
        (proto_in.run_stream, p.RunStreamRequest(path="p", data=b"d")),
        (proto_in.publish_stream, p.PublishStreamRequest(path="p", data=b"d")),
    ):
        found: Any = make(message, context, caller)
        assert (found.path, found.data, found.cancelled) == ("p", b"d", False)

    health = proto_in.check_health(p.CheckHealthRequest(headers={"A": "1"}), context, caller)
    assert health.headers["a"] == "1"
    assert proto_in.collect_metrics(None, context, caller).context is context
    assert proto_in.time_range(p.DataQuery()).to_ms == 0
    admission = proto_in.admission(p.AdmissionRequest(operation=2), context, caller)
    assert admission.operation is Operation.DELETE
