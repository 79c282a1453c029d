from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin_cli.build import docker as docker_build
from plugin_cli.build.docker import build_in_docker, docker_command
from plugin_cli.build.facts import BuildFacts
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ToolFailedError, ToolMissingError, UsageError
from plugin_cli.project import Project
from plugin_cli.target import Target

PROJECT = Project(Path("/repo"), {"id": "acme-weather-datasource", "executable": "gpx_weather"}, {})
ARM = Target("linux", "arm64")
FACTS = BuildFacts("1.0.0", "abc", datetime(2026, 1, 1, tzinfo=UTC))


def command(image: str | None = None, tool: str = "grafana-plugin-cli==0.1.0") -> list[str]:
    return docker_command(PROJECT, ARM, image, tool, FACTS)


def test_the_container_has_the_architecture_and_an_environment_of_its_own() -> None:
    words = command()
    assert words[words.index("--platform") + 1] == "linux/arm64"
    assert "/repo:/plugin" in words
    assert "plugin-cli-acme-weather-datasource-linux_arm64:/plugin/.venv" in words
    script = words[-1]
    assert "pip install -q --root-user-action=ignore grafana-plugin-cli==0.1.0" in script
    assert "plugin-cli build linux/arm64" in script


def test_an_image_of_the_authors_own_is_taken() -> None:
    assert "acme/python:3.12" in command("acme/python:3.12")


def test_the_time_of_the_build_is_the_hosts() -> None:
    assert f"SOURCE_DATE_EPOCH={int(FACTS.time.timestamp())}" in command()


def test_git_is_installed_only_for_a_tool_that_comes_from_git() -> None:
    assert "git" not in command()[-1].replace("grafana", "").split()
    assert "command -v git" in command(tool="grafana-plugin-cli @ git+https://example.org/tool@abc")[-1]


def test_indexes_and_proxies_are_passed_on_without_their_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://me:secret@mirror.example.org/simple")
    words = command()
    assert words[words.index("UV_DEFAULT_INDEX") - 1] == "-e"
    assert "secret" not in " ".join(words)


def test_an_interrupted_build_ends_its_container_and_gives_the_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    def run(argv: list[str], **_options: object) -> None:
        calls.append(argv)
        if "--name" in argv:
            raise KeyboardInterrupt

    monkeypatch.setattr(docker_build, "run", run)
    project = Project(tmp_path, PROJECT.metadata, {})
    with pytest.raises(KeyboardInterrupt):
        build_in_docker(project, ARM, None, FACTS, TerminalConsole(quiet=True))
    started, removed, given_back = calls
    assert removed == ["docker", "rm", "--force", started[started.index("--name") + 1]]
    assert f"{tmp_path}:/plugin" in given_back
    assert "chown -R --reference=. dist .plugin-cli" in given_back[-1]


def test_a_foreign_architecture_that_the_kernel_cannot_run_says_how_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'exec /usr/bin/sh: exec format error' >&2; exit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    project = Project(tmp_path, PROJECT.metadata, {})
    with pytest.raises(ToolFailedError, match="try: docker run --privileged --rm tonistiigi/binfmt"):
        build_in_docker(project, ARM, None, FACTS, TerminalConsole(quiet=True))


def test_other_systems_are_refused() -> None:
    with pytest.raises(UsageError, match="--docker does not build windows/amd64"):
        build_in_docker(PROJECT, Target("windows", "amd64"), None, FACTS, TerminalConsole(quiet=True))


def test_without_docker_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    project = Project(tmp_path, PROJECT.metadata, {})
    with pytest.raises(ToolMissingError, match="--docker needs Docker"):
        build_in_docker(project, ARM, None, FACTS, TerminalConsole(quiet=True))
