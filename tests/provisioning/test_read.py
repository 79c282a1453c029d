from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.errors import PluginCliError, ProjectError, UsageError
from plugin_cli.project import Project, find_project
from plugin_cli.provisioning.read import load_settings, unset_variables
from tests.source_plugin import SourcePlugin, write_source_plugin


@pytest.fixture
def plugin(tmp_path: Path) -> SourcePlugin:
    return write_source_plugin(tmp_path / "weather")


@pytest.fixture
def project(plugin: SourcePlugin) -> Project:
    return find_project(plugin.root)


VARIABLES = {"WEATHER_HOST": "h", "WEATHER_API_KEY": "k"}


def test_the_first_data_source_of_the_plugin_is_taken(project: Project) -> None:
    found = load_settings(project, environ=VARIABLES)

    assert (found.name, found.uid, found.type) == ("Weather", "weather", "acme-weather-datasource")
    assert found.json_data == {"url": "http://h/"}
    assert found.decrypted_secure_json_data == {"api_key": "k"}


@pytest.mark.parametrize(("name", "uid"), [("Weather", "weather"), ("weather", "weather"), ("Bare", None)])
def test_another_is_chosen_by_name_or_uid(project: Project, name: str, uid: str | None) -> None:
    assert load_settings(project, name=name, environ=VARIABLES).uid == (uid or project.plugin_id)


def test_a_secret_whose_variable_is_unset_is_not_set(project: Project) -> None:
    assert load_settings(project, environ={}).decrypted_secure_json_data == {}


def test_variables_come_from_the_environment_unless_given(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEATHER_HOST", "from the environment")

    assert load_settings(project).json_data == {"url": "http://from the environment/"}


def test_every_field_that_grafana_knows_arrives(plugin: SourcePlugin, project: Project) -> None:
    path = plugin.write(
        "provisioning/datasources/weather.yaml",
        """
datasources:
  - type: acme-weather-datasource
    url: http://$HOST
    user: me
    database: db
    basicAuth: $YES
    basicAuthUser: ba
    jsonData: {list: [$HOST, 1, null], since: 2026-01-02, at: 2026-01-02T03:04:05Z, raw: !!binary aGk=}
    secureJsonData: {number: 12}
""",
    )
    os.utime(path, (1_700_000_000.123, 1_700_000_000.123))
    found = load_settings(project, environ={"HOST": "h", "YES": "true"})

    assert (found.url, found.user, found.database) == ("http://h", "me", "db")
    assert (found.basic_auth_enabled, found.basic_auth_user) == (True, "ba")
    assert (found.name, found.uid, found.id) == ("Weather", project.plugin_id, 1)
    assert found.decrypted_secure_json_data == {"number": "12"}
    assert found.json_data["list"] == ["h", 1, None]
    assert found.json_data["since"].startswith("2026-01-02")
    assert found.json_data["at"].startswith("2026-01-02T03:04:05")
    assert found.json_data["raw"] == "b'hi'"
    assert found.updated == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)


def test_without_provisioning_settings_are_empty(plugin: SourcePlugin, project: Project) -> None:
    (plugin.root / "provisioning" / "datasources" / "weather.yaml").unlink()
    found = load_settings(project)

    assert (found.json_data, found.decrypted_secure_json_data, found.name) == ({}, {}, "Weather")
    with pytest.raises(UsageError, match="no provisioned data source 'x'") as failed:
        load_settings(project, name="x")
    assert failed.value.why == "there are: none"


def test_files_of_both_endings_are_read_in_order_of_their_names(
    plugin: SourcePlugin, project: Project
) -> None:
    entry = "datasources: [{{type: acme-weather-datasource, name: {}}}]"
    plugin.write("provisioning/datasources/a.yml", entry.format("first"))
    plugin.write("provisioning/datasources/empty.yaml", "")
    plugin.write("provisioning/datasources/none.yaml", "apiVersion: 1\ndatasources:\n  - text\n")

    assert load_settings(project, environ=VARIABLES).name == "first"


def test_settings_of_a_file_replace_provisioning(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("jsonData: {url: $U}\nname: Mine\n")
    found = load_settings(project, settings_file=path, environ={"U": "u"})

    assert (found.json_data, found.name) == ({"url": "u"}, "Mine")


def said(call: Any) -> tuple[int, str]:
    with pytest.raises(PluginCliError) as failed:
        call()
    return failed.value.exit_code, str(failed.value)


def entry(line: str) -> str:
    return f"datasources:\n- type: acme-weather-datasource\n  {line}\n"


# Lists of lists of lists: twelve lines that stand for a million million values.
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", " cannot be read\n  line 1, column 5: expected the node content"),
        ("url: 2026-99-99", " cannot be read\n  month must be in 1..12"),
        ("a: !!timestamp x", " cannot be read\n"),
        ("a: !!python/object:os.system x", " cannot be read\n"),
        ("a: \x07", " cannot be read\n"),
        ("&a [*a]", " cannot be read\n  it is nested deeper than 200 levels"),
        ("[" * 9000, " cannot be read\n  it is nested deeper than 200 levels"),
        (BOMB, " cannot be read\n  it holds more than 1,000,000 lists and objects"),
        (b"a: \xff", " cannot be read\n  byte 3 is not UTF-8"),
        (entry("jsonData: {a: .inf}"), ": jsonData cannot be written as JSON\n  Out of range float"),
        (entry("jsonData: {a: .nan}"), ": jsonData cannot be written as JSON\n  Out of range float"),
        (entry("jsonData: {2026-01-01: 1}"), " cannot be used\n  keys must be str"),
        (entry('jsonData: {a: "\\ud800"}'), " cannot be used\n  a string holds half of a surrogate pair"),
        (
            entry('secureJsonData: {a: "\\ud800"}'),
            " cannot be used\n  a string holds half of a surrogate pair",
        ),
        (entry('url: "\\ud800"'), " cannot be used\n  a string holds half of a surrogate pair"),
        ("- a", " holds list, expected a mapping"),
        ("datasources: {}", None),
        ("datasources: 3", ": datasources is not a list\n  try: see Grafana's provisioning format"),
        (
            "datasources: [{type: acme-weather-datasource, jsonData: []}]",
            None,
        ),
        (
            "datasources: [{type: acme-weather-datasource, jsonData: [1]}]",
            ": jsonData is list, expected a mapping",
        ),
        (
            "datasources: [{type: acme-weather-datasource, secureJsonData: text}]",
            ": secureJsonData is str, expected a mapping",
        ),
    ],
)
def test_provisioning_that_is_wrong_is_told_with_its_file(
    plugin: SourcePlugin, project: Project, text: str | bytes, reason: str | None
) -> None:
    path = plugin.write("provisioning/datasources/weather.yaml", "")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    if reason is None:
        assert load_settings(project).json_data == {}
        return
    code, sentence = said(lambda: load_settings(project))

    assert code == ProjectError.exit_code
    assert sentence.startswith(f"{path}{reason}")


def test_a_settings_file_that_is_not_there_is_a_wrong_flag(project: Project, tmp_path: Path) -> None:
    code, sentence = said(lambda: load_settings(project, settings_file=tmp_path / "no"))

    assert (code, sentence) == (2, f"--settings: {tmp_path / 'no'} does not exist")


def test_an_error_never_shows_a_secret(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"secureJsonData": ["top secret"]}))
    _, sentence = said(lambda: load_settings(project, settings_file=path))

    assert "top secret" not in sentence


def test_variables_that_nobody_set_are_named_with_their_file(project: Project) -> None:
    found = unset_variables(project, environ={"WEATHER_HOST": "h"})

    assert [(name, path.parent.name) for name, path in found] == [("WEATHER_API_KEY", "datasources")]
    assert unset_variables(project, environ=VARIABLES) == []


def test_a_settings_file_names_its_own_variables(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        json.dumps({"jsonData": {"tags": ["$ONE", "$$TWO"]}, "secureJsonData": {"k": "${THREE}"}})
    )

    assert unset_variables(project, settings_file=path, environ={}) == [("ONE", path), ("THREE", path)]


def test_secrets_come_from_files_as_well(plugin: SourcePlugin, project: Project, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("  f1le\n")
    plugin.write(
        "provisioning/datasources/weather.yaml",
        "datasources: [{type: acme-weather-datasource, secureJsonData: "
        f"{{a: '$__file{{{tmp_path}/key}}', b: '$__env{{KEY}}', c: '${{KEY}}'}}}}]",
    )

    found = load_settings(project, environ={"KEY": "k"})

    assert found.decrypted_secure_json_data == {"a": "f1le", "b": "k", "c": "k"}
    assert [name for name, _ in unset_variables(project, environ={})] == ["KEY"]


def test_a_file_that_cannot_be_read_is_named(plugin: SourcePlugin, project: Project, tmp_path: Path) -> None:
    path = plugin.write(
        "provisioning/datasources/weather.yaml",
        f"datasources: [{{type: acme-weather-datasource, url: '$__file{{{tmp_path}/none}}'}}]",
    )

    assert said(lambda: load_settings(project)) == (
        4,
        f"{path} names a file that cannot be read\n"
        f"  $__file{{{tmp_path}/none}}: No such file or directory\n"
        "  try: make the file readable here, or take the value from the environment: $VAR",
    )


def test_a_file_of_other_bytes_than_text_is_named(
    plugin: SourcePlugin, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"k\xff")
    for name, reason in (("key", "byte 1 is not UTF-8"), ("\\0", "embedded null byte")):
        plugin.write(
            "provisioning/datasources/weather.yaml",
            f'datasources: [{{type: acme-weather-datasource, url: "$__file{{{tmp_path}/{name}}}"}}]',
        )
        code, sentence = said(lambda: load_settings(project))
        assert (code, reason in sentence) == (4, True), sentence


def test_a_syntax_error_never_shows_the_lines_around_it(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("secureJsonData:\n  key: [top secret\n  other: }\n")
    _, sentence = said(lambda: load_settings(project, settings_file=path))

    assert "line 3, column" in sentence
    assert "top secret" not in sentence
