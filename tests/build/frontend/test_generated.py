from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.frontend.generated import render_module, schema_literal, write_frontend
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project
from plugin_cli.resources import frontend_runtime_dir

EMPTY: dict[str, Any] = {"type": "object", "properties": {}}
# What Grafana searches module.js for to tell an Angular plugin, and to rewrite for a CDN.
ANGULAR = [
    b"PanelCtrl", b"ConfigCtrl", b"app/plugins/sdk", b"angular.isNumber(", b"editor.html", b"ctrl.annotation",
    b"getLegacyAngularInjector", b"QueryCtrl", b"public/plugins",
]  # fmt: skip

# Runs the factory with packages that hold no more than it asks for before the schema is shown.
READ_SCHEMA = """
const packages = [{ createElement: null }, {}, {}, { DataSourceWithBackend: class {} }];
globalThis.define = (names, make) => make(...packages);
globalThis.show = (schema) => { process.stdout.write(JSON.stringify(schema)); process.exit(0); };
const text = require('fs').readFileSync('module.js', 'utf8');
eval(text.replace('const plugin =', 'show(SCHEMA); const plugin ='));
"""


def schema(description: str = "text") -> dict[str, Any]:
    query = {
        "type": "object",
        "properties": {"a": {"type": "string", "default": "", "description": description}},
    }
    return {"version": 1, "settings": EMPTY, "query": query}


def project(root: Path) -> Project:
    return Project(root, {"id": "acme-weather-datasource"}, {})


def test_module_is_one_anonymous_define_of_shared_packages() -> None:
    text = render_module(schema())
    code = re.sub(r"^/\*.*?\*/\s*", "", text, flags=re.DOTALL)
    assert code.startswith("define(['react', '@grafana/data', '@grafana/ui', '@grafana/runtime'], function (")
    assert len(re.findall(r"\bdefine\(", code)) == 1
    assert "@@" not in text


def test_module_reaches_for_nothing_that_the_catalogue_refuses() -> None:
    text = render_module(schema())
    for word in (
        "console.",
        "window.location",
        "alert(",
        "confirm(",
        "window.open",
        "eval(",
        "/api/ds/query",
        "fetch(",
    ):
        assert word not in text, word


def test_inlined_schema_is_the_schema(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    given = schema("line\u2028sep </script> 'quotes' \"and\" \\ back ${x} PanelCtrl ünï")
    write_frontend(project(tmp_path), given, tmp_path)
    done = subprocess.run([node, "-e", READ_SCHEMA], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(done.stdout) == given


@pytest.mark.parametrize("word", ANGULAR)
def test_words_that_grafana_searches_for_are_written_otherwise(word: bytes) -> None:
    given = schema(f"about {word.decode()} and {word.decode()}")
    assert word not in render_module(given).encode()
    assert json.loads(schema_literal(given)) == given


def test_source_map_maps_every_line_to_itself(tmp_path: Path) -> None:
    write_frontend(project(tmp_path), schema(), tmp_path)
    source = (tmp_path / "module.js").read_text(encoding="utf-8")
    found = json.loads((tmp_path / "module.js.map").read_text(encoding="utf-8"))
    assert found["sourcesContent"] == [source]
    assert found["sources"] == ["webpack://acme-weather-datasource/./module.js"]
    assert found["mappings"].split(";") == ["AAAA"] + ["AACA"] * source.count("\n")


def test_same_schema_gives_the_same_bytes(tmp_path: Path) -> None:
    write_frontend(project(tmp_path), schema(), tmp_path)
    first = (tmp_path / "module.js").read_bytes()
    write_frontend(project(tmp_path), schema(), tmp_path)
    assert (tmp_path / "module.js").read_bytes() == first


def test_refused_model_leaves_the_old_files_alone(tmp_path: Path) -> None:
    (tmp_path / "module.js").write_text("old")
    wrong = schema()
    wrong["query"]["properties"]["refId"] = {"type": "string"}
    with pytest.raises(ProjectError, match=r"query\.refId: Grafana keeps a value of its own"):
        write_frontend(project(tmp_path), wrong, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["module.js"]
    assert (tmp_path / "module.js").read_text() == "old"


def test_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "module.js.map").mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError, match=r"module\.js\.map"):
        write_frontend(project(tmp_path), schema(), tmp_path)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_missing_runtime_says_to_install_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(frontend_runtime_dir() / "module.js", tmp_path)
    monkeypatch.setattr("plugin_cli.resources.frontend_runtime_dir", lambda: tmp_path)
    with pytest.raises(PluginCliError, match="runtime of the generated editors is missing"):
        render_module(schema())
