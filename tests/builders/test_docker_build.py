from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.builders.docker_build import build_in_docker, docker_command
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ToolMissingError, UsageError
from plugin_cli.project import Project
from plugin_cli.target import Target

PROJECT = Project(Path("/repo"), {"id": "acme-weather-datasource", "executable": "gpx_weather"}, {})
ARM = Target("linux", "arm64")


def test_the_container_has_the_architecture_and_an_environment_of_its_own() -> None:
    command = docker_command(PROJECT, ARM, None, "grafana-plugin-cli==0.1.0")
    assert command[:5] == ["docker", "run", "--rm", "--platform", "linux/arm64"]
    assert "/repo:/plugin" in command
    assert "plugin-cli-acme-weather-datasource-linux_arm64:/plugin/.venv" in command
    script = command[-1]
    assert "pip install -q --root-user-action=ignore grafana-plugin-cli==0.1.0" in script
    assert "plugin-cli build linux/arm64" in script


def test_an_image_of_the_authors_own_is_taken() -> None:
    assert "acme/python:3.12" in docker_command(PROJECT, ARM, "acme/python:3.12", "x")


def test_other_systems_are_refused() -> None:
    with pytest.raises(UsageError, match="--docker does not build windows/amd64"):
        build_in_docker(PROJECT, Target("windows", "amd64"), None, TerminalConsole(quiet=True))


def test_without_docker_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    project = Project(tmp_path, PROJECT.metadata, {})
    with pytest.raises(ToolMissingError, match="--docker needs Docker"):
        build_in_docker(project, ARM, None, TerminalConsole(quiet=True))
