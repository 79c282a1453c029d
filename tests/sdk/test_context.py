from __future__ import annotations

import pytest

from plugin_sdk.context import DataSourceInstanceSettings, GrafanaConfig, UserAgent


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Grafana/12.4.3 (linux; amd64)", UserAgent("12.4.3", "linux", "amd64")),
        ("Grafana/13.0.0 (linux)", None),
        ("Grafana/12.4.3", None),
        ("Grafana/ (linux; amd64)", None),
        ("Grafana/12.4.3 (linux; amd64", None),
        ("curl/8.0 (linux; amd64)", None),
        ("", None),
    ],
)
def test_a_user_agent_is_parsed_or_ignored(text: str, parsed: UserAgent | None) -> None:
    assert UserAgent.parse(text) == parsed


def test_grafanas_configuration_has_typed_properties() -> None:
    config = GrafanaConfig(
        {
            "GF_APP_URL": "http://g/",
            "GF_CONCURRENT_QUERY_COUNT": "4",
            "GF_SQL_ROW_LIMIT": "no number",
            "GF_RESPONSE_LIMIT": "100",
            "GF_INSTANCE_FEATURE_TOGGLES_ENABLE": "a,b",
            "OWN": "x",
        }
    )

    assert (config.app_url, config.concurrent_query_count) == ("http://g/", 4)
    assert (config.sql_row_limit, config.response_limit) == (1_000_000, 100)
    assert (config.feature_enabled("b"), config.feature_enabled("c")) == (True, False)
    assert (config["OWN"], len(config), sorted(config)[-1]) == ("x", 6, "OWN")


def test_missing_configuration_has_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GF_APP_URL", "http://from-the-environment/")
    config = GrafanaConfig()

    assert config.app_url == "http://from-the-environment/"
    assert (config.concurrent_query_count, config.sql_row_limit, config.response_limit) == (
        10,
        1_000_000,
        0,
    )
    assert config.feature_enabled("a") is False


def test_neither_configuration_nor_settings_show_their_secrets() -> None:
    config = GrafanaConfig({"GF_SECRET": "hidden"})
    settings = DataSourceInstanceSettings(
        decrypted_secure_json_data={"key": "hidden"}, settings={"key": "hidden"}, name="shown"
    )

    assert repr(config) == "GrafanaConfig(keys=['GF_SECRET'])"
    assert "hidden" not in repr(settings)
    assert "shown" in repr(settings)


def test_json_data_is_decoded_once() -> None:
    settings: DataSourceInstanceSettings[object] = DataSourceInstanceSettings(json_data_raw=b'{"a": 1}')

    assert settings.json_data == {"a": 1}
    assert settings.json_data is settings.json_data
    assert DataSourceInstanceSettings().json_data == {}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"{", "the data source's jsonData is not JSON"), (b"[]", "is not an object but list")],
)
def test_json_data_that_is_not_an_object_is_an_error(raw: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        _ = DataSourceInstanceSettings(json_data_raw=raw).json_data
