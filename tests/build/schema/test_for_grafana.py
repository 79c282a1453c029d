from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.schema.for_grafana import grafana_schema, write_grafana_schema
from plugin_sdk.schema import schema_of
from tests.conformance.build import CACHE, ROOT, go_tool

SHOWCASE = "tests.frontend.showcase.datasource:Showcase"


def convert(query: dict[str, Any]) -> dict[str, Any]:
    """Return the converted query model."""
    document = grafana_schema({"settings": {"type": "object"}, "query": query})
    found: dict[str, Any] = document["queryTypes"]["items"][0]["spec"]["schema"]
    return {key: value for key, value in found.items() if key != "$schema"}


def test_secrets_are_named_apart_from_the_settings() -> None:
    settings = grafana_schema(schema_of(SHOWCASE))["settings"]
    assert settings["secureValues"] == [
        {"key": "auth.password"},
        {"key": "auth.token", "description": "Sent as a bearer token"},
        {
            "key": "api_key",
            "description": "Stored encrypted, never sent back to the browser",
            "required": True,
        },
        {"key": "ca_cert"},
    ]
    stored = settings["spec"]["properties"]["jsonData"]
    assert stored["required"] == ["url"]
    assert "api_key" not in stored["properties"]
    assert [list(one["properties"]) for one in stored["properties"]["auth"]["oneOf"]] == [
        ["kind"],
        ["kind", "user"],
        ["kind"],
    ]


def test_newer_words_become_those_of_draft_4() -> None:
    model = {
        "type": "object",
        "$defs": {"Tag": {"const": "x", "type": "string"}},
        "properties": {
            "tag": {"$ref": "#/$defs/Tag"},
            "more": {"exclusiveMinimum": 0, "type": "number"},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
            "either": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        },
    }
    assert convert(model)["properties"] == {
        "tag": {"type": "string", "enum": ["x"]},
        "more": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        "maybe": {"type": "string", "nullable": True},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
    }


def test_a_model_that_holds_itself_ends() -> None:
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}
    model = {"type": "object", "$defs": {"Tree": tree}, "properties": {"tree": {"$ref": "#/$defs/Tree"}}}
    assert convert(model)["properties"]["tree"]["properties"] == {"left": {"type": "object"}}


@pytest.mark.go
def test_the_go_sdks_reader_understands_all_of_it(tmp_path: Path) -> None:
    go = go_tool()
    if go is None:
        pytest.skip("go is not installed")
    program = CACHE / "pluginschema"
    build = [go, "build", "-ldflags=-s -w", "-o", str(program), "."]
    subprocess.run(build, cwd=ROOT / "conformance" / "pluginschema", check=True)
    write_grafana_schema(schema_of(SHOWCASE), tmp_path)
    read = subprocess.run(
        [str(program), str(tmp_path / "schema"), "v0alpha1"], capture_output=True, text=True, check=True
    )
    written = json.loads((tmp_path / "schema" / "v0alpha1.json").read_text(encoding="utf-8"))
    assert json.loads(read.stdout) == written
