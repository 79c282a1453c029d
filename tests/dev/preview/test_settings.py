"""The preview's data source, when its file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.dev.preview.settings import DevSettings
from plugin_cli.project import find_project
from plugin_cli.session.log import LogWriter, read_log
from tests.source_plugin import PROVISIONING, SourcePlugin, write_source_plugin


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourcePlugin:
    monkeypatch.setenv("WEATHER_HOST", "one")
    monkeypatch.setenv("WEATHER_API_KEY", "s3cret")
    return write_source_plugin(tmp_path / "weather")


def settings_of(plugin: SourcePlugin, file: Path | None = None) -> DevSettings:
    return DevSettings(find_project(plugin.root), file, TerminalConsole())


def test_a_changed_file_brings_new_settings_and_fills_in_its_secrets(
    plugin: SourcePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, told = settings_of(plugin), list[int]()
    before = settings.store.settings
    monkeypatch.setenv("OTHER_KEY", "other")
    plugin.write(
        "provisioning/datasources/weather.yaml",
        PROVISIONING.replace("WEATHER_API_KEY", "OTHER_KEY")
        .replace("http://", "https://")
        .replace("uid: weather", "uid: weather\n    editable: false"),
    )

    settings.reload(LogWriter(tmp_path / "log"), lambda: told.append(1))

    now = settings.store.settings
    assert (now.json_data, now.decrypted_secure_json_data) == ({"url": "https://one/"}, {"api_key": "other"})
    assert now.updated > before.updated
    assert settings.store.read_only
    assert told == [1]
    assert [entry.level for entry in read_log(tmp_path / "log")] == ["info"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("datasources: [", "line 1"),
        ("datasources: [{type: acme-weather-datasource, url: 2026-99-99}]", "month must be in 1..12"),
        ("datasources: [{type: acme-weather-datasource, jsonData: {a: .inf}}]", "Out of range float"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_last_settings_until_it_is_mended(
    plugin: SourcePlugin, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    settings = settings_of(plugin)
    path = plugin.write("provisioning/datasources/weather.yaml", text)

    settings.reload(LogWriter(tmp_path / "log"), lambda: None)

    assert settings.store.settings.json_data == {"url": "http://one/"}
    assert settings.store.problem.startswith(str(path))
    assert reason in settings.store.problem
    (entry,) = read_log(tmp_path / "log")
    assert (entry.level, entry.fields["reason"]) == ("error", settings.store.problem)
    assert f"the data source keeps its last settings: {path}" in capsys.readouterr().err
    path.write_text(PROVISIONING)
    settings.reload(LogWriter(tmp_path / "log"), lambda: None)
    assert settings.store.problem == ""


def test_an_unset_variable_is_told_once(
    plugin: SourcePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WEATHER_API_KEY")
    settings = settings_of(plugin)
    settings.reload(LogWriter(tmp_path / "log"), lambda: None)

    assert capsys.readouterr().err.count("$WEATHER_API_KEY is not set") == 1


def test_which_files_matter(plugin: SourcePlugin, tmp_path: Path) -> None:
    provisioned = settings_of(plugin)
    file = tmp_path / "mine.yaml"
    file.write_text("{}")
    own = settings_of(plugin, file)

    assert (provisioned.is_provisioned, provisioned.folder) == (True, plugin.root / "provisioning")
    assert provisioned.concerns(plugin.root / "provisioning" / "datasources" / "a.yaml")
    assert not provisioned.concerns(plugin.root / "provisioning" / "alerting" / "a.yaml")
    assert (own.is_provisioned, own.folder) == (False, tmp_path)
    assert own.concerns(file)
    assert not own.concerns(tmp_path / "other.yaml")
