from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from plugin_cli.build.schema.lint import check_schema
from plugin_sdk import DataQuery, DataSource, Frame
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.http import HttpOptions, HttpSettings, http_client
from plugin_sdk.schema import schema_of_class
from plugin_sdk.testing import in_process, settings
from tests.sdk.http.service import Service


class Settings(HttpSettings):
    region: str = Field("eu", title="Region")


class Source(DataSource[Settings, dict[str, Any]]):
    def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
        self.settings = instance.settings
        self.http = http_client(instance)

    def query(self, query: DataQuery[dict[str, Any]]) -> Frame:
        received = self.http.get("/echo").json()
        return Frame.from_any([{name: values[0] for name, values in received["headers"].items()}])

    def dispose(self) -> None:
        self.http.close()


GRAFANAS_KEYS = {
    "url": "URL", "keepCookies": "Allowed cookies", "timeout": "Timeout", "basicAuth": "Basic auth",
    "basicAuthUser": "User", "basicAuthPassword": "Password", "oauthPassThru": "Forward OAuth Identity",
    "tlsSkipVerify": "Skip TLS Verify", "tlsAuthWithCACert": "With CA Cert", "tlsCACert": "CA Cert",
    "tlsAuth": "TLS Client Auth", "serverName": "ServerName", "tlsClientCert": "Client Cert",
    "tlsClientKey": "Client Key", "httpHeaderName1": "Header", "httpHeaderValue1": "Value", "region": "Region",
}  # fmt: skip


def test_the_form_has_grafanas_names_and_the_plugins_own() -> None:
    schema = schema_of_class(Source)
    shown = {name: field["title"] for name, field in schema["settings"]["properties"].items()}

    assert GRAFANAS_KEYS.items() <= shown.items()
    check_schema(schema)


@pytest.mark.go
def test_a_plugin_sends_what_its_form_holds(service: Service) -> None:
    given = settings(
        {"url": service.url("server"), "tlsAuthWithCACert": True, "basicAuth": True, "basicAuthUser": "ada",
         "httpHeaderName1": "X-Key", "oauthPassThru": True},
        {"tlsCACert": service.pem("ca"), "basicAuthPassword": "pw", "httpHeaderValue1": "k"},
    )  # fmt: skip
    with in_process(Source) as plugin:
        headers = {"FromAlert": "true", "X-Id-Token": "id"}
        result = plugin.query_data([{"refId": "A"}], given, headers=headers)["A"]
        frame = result.frames[0]

    row = {field.name: field.values[0] for field in frame.fields}
    expected = {"Authorization": "Basic YWRhOnB3", "X-Key": "k", "Fromalert": "true", "X-Id-Token": "id"}
    assert expected.items() <= row.items()
    assert row["User-Agent"].endswith(" test-plugin")


@pytest.mark.parametrize(
    ("data", "attribute", "value"),
    [
        ({}, "timeout", 30), ({"timeout": 5}, "timeout", 5), ({"timeout": "5"}, "timeout", 5),
        ({"timeout": 0}, "timeout", None), ({"timeout": -1}, "timeout", None), ({"timeout": "soon"}, "timeout", 30),
        ({"timeout": True}, "timeout", 30), ({"timeout": "nan"}, "timeout", 30), ({"dialTimeout": 3}, "dial_timeout", 3),
        ({"httpTLSHandshakeTimeout": 4}, "tls_handshake_timeout", 4), ({"httpKeepAlive": 0}, "keep_alive", None),
        ({"httpIdleConnTimeout": 7}, "idle_timeout", 7), ({"httpMaxConnsPerHost": 3}, "max_connections", 3),
        ({}, "max_connections", None), ({}, "max_idle_connections", 100), ({"httpMaxIdleConns": 5}, "max_idle_connections", 5),
        ({"httpMaxIdleConnsPerHost": 6}, "max_idle_connections", 6), ({"httpMaxIdleConnsPerHost": 0}, "max_idle_connections", 2),
        ({"url": 5}, "url", "http://top"), ({"url": "http://own"}, "url", "http://own"),
    ],
)  # fmt: skip
def test_a_setting_of_any_type_is_read_or_has_its_default(data: Any, attribute: str, value: Any) -> None:
    import json

    instance = DataSourceInstanceSettings[Any](json_data_raw=json.dumps(data).encode(), url="http://top")

    assert getattr(HttpOptions.of(instance), attribute) == value
