"""Keys of provisioning files that no field of the models takes, named with the nearest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from plugin_cli.project import Project, find_project
from plugin_cli.provisioning.unknown_fields import unknown_fields
from plugin_sdk import DataSource
from plugin_sdk.schema import schema_of_class
from tests.source_plugin import PLUGIN_ID, write_source_plugin


class Auth(BaseModel):
    user: str = ""
    token: SecretStr = SecretStr("")


class Settings(BaseModel):
    url: str = ""
    api_key: SecretStr = SecretStr("")
    auth: Auth = Auth()


class Query(BaseModel):
    city: str = "berlin"


class Weather(DataSource[Settings, Query]):
    """Names the models."""


class Anything(DataSource[dict[str, Any], dict[str, Any]]):
    """Takes any key."""


SCHEMA = schema_of_class(Weather)
SOURCE = {"type": PLUGIN_ID, "uid": "weather"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = write_source_plugin(tmp_path / "weather").root
    for path in (root / "provisioning").rglob("*.y*ml"):
        path.unlink()
    return find_project(root)


def data_source(project: Project, **entry: Any) -> None:
    folder = project.provisioning / "datasources"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "d.yaml").write_text(yaml.safe_dump({"datasources": [{**SOURCE, "name": "W", **entry}]}))


def dashboard(project: Project, *targets: dict[str, Any], **panel: Any) -> None:
    folder = project.provisioning / "dashboards"
    folder.mkdir(parents=True, exist_ok=True)
    row = {"type": "row", "panels": [{"title": "Temperature", "targets": list(targets), **panel}]}
    (folder / "w.json").write_text(json.dumps({"panels": [row]}))


def rule(project: Project, **model: Any) -> None:
    folder = project.provisioning / "alerting"
    folder.mkdir(parents=True, exist_ok=True)
    node = {"refId": "A", "datasourceUid": "weather", "model": {"refId": "A", "intervalMs": 1, **model}}
    other = {"refId": "B", "datasourceUid": "__expr__", "model": {"reducer": "last"}}
    rules = [{"title": "Hot", "data": [node, other]}]
    (folder / "r.yaml").write_text(yaml.safe_dump({"groups": [{"rules": rules}]}))


def test_settings_that_no_field_takes_are_named(project: Project) -> None:
    data_source(
        project,
        jsonData={"url": "x", "ulr": "y", "auth": {}, "tlsSkipVerify": True, "httpHeaderName1": "X-A"},
        secureJsonData={"api_key": "k", "auth.token": "t", "apikey": "k", "httpHeaderValue1": "v"},
    )

    assert unknown_fields(project, SCHEMA) == [
        "provisioning/datasources/d.yaml: jsonData: the settings model has no field 'ulr'; did you mean url?",
        "provisioning/datasources/d.yaml: secureJsonData: the settings model has no field 'apikey'; "
        "did you mean api_key?",
    ]


def test_query_fields_of_dashboards_and_rules_are_named(project: Project) -> None:
    data_source(project)
    known = {"refId": "A", "datasource": SOURCE, "hide": False, "city": "oslo"}
    dashboard(
        project, known, {**known, "refId": "B", "station": "berlin"}, {"datasource": {"uid": "other"}, "x": 1}
    )
    rule(project, ctiy="rome")

    assert unknown_fields(project, SCHEMA) == [
        "provisioning/dashboards/w.json: panel 'Temperature', query B: the query model has no field 'station'; "
        "its fields: city",
        "provisioning/alerting/r.yaml: rule 'Hot', query A: the query model has no field 'ctiy'; did you mean city?",
    ]


def test_a_query_takes_the_data_source_of_its_panel(project: Project) -> None:
    data_source(project)
    dashboard(project, {"refId": "A", "town": "x"}, datasource={"uid": "weather"})

    (sentence,) = unknown_fields(project, SCHEMA)

    assert "no field 'town'" in sentence


def test_models_that_take_anything_are_content(project: Project) -> None:
    data_source(project, jsonData={"any": 1})
    dashboard(project, {"refId": "A", "datasource": SOURCE, "any": 1})

    assert unknown_fields(project, schema_of_class(Anything)) == []


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]", '{"panels": [1, {"targets": [2]}]}', '{"panels": 3}'])
def test_files_of_another_shape_are_left_to_others(project: Project, text: str) -> None:
    data_source(project)
    for name in ("dashboards/w.json", "alerting/r.yaml"):
        path = project.provisioning / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert unknown_fields(project, SCHEMA) == []
