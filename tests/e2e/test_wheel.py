"""The tool installed from its wheel into an empty environment, away from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

pytestmark = pytest.mark.e2e
_UV = Path(sys.executable).parent / "uv"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(_UV, "build", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    venv = tmp_path_factory.mktemp("installed") / "venv"
    _run(_UV, "venv", "-q", "--python", sys.executable, venv, cwd=venv.parent)
    _run(_UV, "pip", "install", "-q", "--python", venv / "bin" / "python", wheel, cwd=venv.parent)
    return venv / "bin"


def _run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_wheel_holds_code_templates_and_frontend_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names}
    assert {"plugin_cli", "plugin_sdk"} == {top for top in tops if not top.endswith(".dist-info")}
    assert any(name.startswith("plugin_cli/_resources/templates/template/") for name in names)
    assert any(name.startswith("plugin_cli/_resources/frontend_runtime/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_both_console_scripts_answer(installed: Path, tmp_path: Path) -> None:
    for script in ("plugin-cli", "grafana-plugin-cli"):
        assert _run(installed / script, "--version", cwd=tmp_path).stdout.startswith("plugin-cli ")


def test_created_plugin_answers_from_source_and_says_what_is_missing(installed: Path, tmp_path: Path) -> None:
    create = ["create", "weather", "--type", "datasource", "--name", "Weather", "--org", "acme", "--backend"]
    _run(installed / "plugin-cli", *create, "--defaults", cwd=tmp_path)
    plugin = tmp_path / "weather"

    health = subprocess.run(
        [installed / "plugin-cli", "health", "--json"],
        cwd=plugin,
        capture_output=True,
        text=True,
        check=False,
    )

    assert health.returncode == 1, health.stderr
    answer = json.loads(health.stdout)
    assert answer["status"] == "ERROR"
    assert answer["message"] == "API key is required"
    with_key = {"WEATHER_API_KEY": "k"}
    assert (
        json.loads(_run(installed / "plugin-cli", "health", "--json", cwd=plugin, env=with_key).stdout)[
            "status"
        ]
        == "OK"
    )
    results = json.loads(_run(installed / "plugin-cli", "query", "--json", cwd=plugin, env=with_key).stdout)[
        "results"
    ]
    values = results["A"]["frames"][0]["data"]["values"][1]
    assert min(values) >= 10
    assert 15 < values[-1] <= 20


def test_no_path_of_the_author_is_in_a_committed_file(installed: Path, tmp_path: Path) -> None:
    create = ["create", "weather", "--type", "datasource", "--name", "Weather", "--org", "acme", "--backend"]
    _run(installed / "plugin-cli", *create, "--defaults", cwd=tmp_path)
    plugin = tmp_path / "weather"

    committed = _run("git", "ls-files", cwd=plugin).stdout.split()

    assert committed
    for name in committed:
        content = (plugin / name).read_bytes()
        assert str(tmp_path).encode() not in content, name
        assert str(ROOT).encode() not in content, name
