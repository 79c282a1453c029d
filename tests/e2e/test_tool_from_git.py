"""The tool installed from a repository: a plugin whose pyproject.toml names only a version of it is locked too."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

pytestmark = pytest.mark.e2e
_UV = Path(sys.executable).parent / "uv"
_PREPARE_LOCKED = """
from pathlib import Path
from plugin_cli.console import TerminalConsole
from plugin_cli.project import find_project
from plugin_cli.venv.create import ensure_environment
ensure_environment(find_project(Path.cwd()), TerminalConsole(), locked=True)
"""
_CREATE = ("create", "weather", "--type", "datasource", "--name", "Weather", "--org", "acme", "--backend")


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    env = {**os.environ, "WEATHER_API_KEY": "k"}
    return subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)


def tool_in_lock(plugin: Path) -> dict[str, str]:
    packages = tomllib.loads((plugin / "uv.lock").read_text())["package"]
    (source,) = [item["source"] for item in packages if item["name"] == "grafana-plugin-cli"]
    assert isinstance(source, dict)
    return source


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs, in an environment where pip's way of installing from git was gone."""
    folder = tmp_path_factory.mktemp("tool")
    repository = folder / "repository"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, repository], check=True)
    for command in (
        (_UV, "venv", "-q", "--python", sys.executable, "venv"),
        (_UV, "pip", "install", "-q", "--python", "venv", f"grafana-plugin-cli @ git+{repository.as_uri()}"),
    ):
        done = run(*command, cwd=folder)
        assert done.returncode == 0, done.stderr
    return folder / "venv" / "bin"


def test_a_plugin_that_names_a_version_is_locked_and_the_remedy_works(tool: Path, tmp_path: Path) -> None:
    created = run(
        tool / "plugin-cli", *_CREATE, "--defaults", "--tool", "grafana-plugin-cli>=0.1", cwd=tmp_path
    )
    assert created.returncode == 0, created.stderr
    plugin = tmp_path / "weather"

    first = run(tool / "plugin-cli", "health", cwd=plugin)

    assert first.returncode == 0, first.stderr
    assert tool_in_lock(plugin) == {"registry": ".plugin-cli/wheels"}
    assert "uv.lock now holds the version of every package" in first.stderr
    (warning,) = [line for line in first.stderr.splitlines() if "names only a version of plugin-cli" in line]
    assert run(tool / "python", "-c", _PREPARE_LOCKED, cwd=plugin).returncode == 0

    # The remedy, word for word; from then on uv alone locks it too.
    address = warning[warning.index('"') :]
    pyproject = plugin / "pyproject.toml"
    text = pyproject.read_text()
    assert '"grafana-plugin-cli>=0.1"' in text
    pyproject.write_text(text.replace('"grafana-plugin-cli>=0.1"', address))
    second = run(tool / "plugin-cli", "health", cwd=plugin)

    assert second.returncode == 0, second.stderr
    assert "names only a version" not in second.stderr
    assert "git" in tool_in_lock(plugin)
    assert run(tool / "python", "-c", _PREPARE_LOCKED, cwd=plugin).returncode == 0
    alone = run(_UV, "lock", "--check", cwd=plugin)
    assert alone.returncode == 0, alone.stderr
