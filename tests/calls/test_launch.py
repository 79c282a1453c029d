from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from plugin_cli.calls.launch import BackendKind, backend_command, running_backend, source_command
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError, ProjectError
from plugin_cli.project import Project, find_project
from plugin_cli.target import host_target
from plugin_cli.venv import create as environment
from plugin_sdk.testing import LogLine, settings
from tests.source_plugin import SourcePlugin, use_this_python, write_source_plugin

CONSOLE = TerminalConsole()


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourcePlugin:
    use_this_python(monkeypatch)
    return write_source_plugin(tmp_path / "weather")


@pytest.fixture
def project(plugin: SourcePlugin) -> Project:
    return find_project(plugin.root)


def build(project: Project, text: str = "#!/bin/sh\nexit 3\n", *, age: float) -> Path:
    """Put an executable into dist/ that is `age` seconds older than the source."""
    path = project.built_executable(host_target())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    newest = max(file.stat().st_mtime for file in (project.root / "backend").rglob("*.py"))
    os.utime(path, (newest - age, newest - age))
    return path


def test_the_source_runs_as_its_package_in_its_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE", "1")
    monkeypatch.setenv("PLUGIN_MIN_PORT", "1")
    monkeypatch.setenv("grafana_plugin_type", "datasource")
    command = source_command(project, CONSOLE)

    folder = str(project.root / "backend")
    assert command.argv == (sys.executable, "-m", "plugin_sdk._process.source_mode", "weather", folder)
    assert (command.cwd, command.kind) == (project.root, BackendKind.SOURCE)
    assert command.env["MINE"] == "1"
    assert command.env["PYTHONPATH"] == str(project.root / "backend")
    assert {"PLUGIN_MIN_PORT", "grafana_plugin_type"} & set(command.env) == set()
    assert "MINE" not in repr(command)  # secrets lie in environments


def test_what_is_built_gets_nothing_of_our_environment(project: Project) -> None:
    path = build(project, age=100)
    command = backend_command(project, BackendKind.DIST, CONSOLE)

    assert (command.argv, command.env, command.cwd, command.kind) == (
        (str(path),),
        {},
        project.root,
        BackendKind.DIST,
    )


@pytest.mark.parametrize(
    ("age", "kind"), [(None, BackendKind.SOURCE), (-10, BackendKind.DIST), (10, BackendKind.SOURCE)]
)
def test_auto_is_the_built_one_unless_the_source_is_newer(
    project: Project, age: float | None, kind: BackendKind
) -> None:
    if age is not None:
        build(project, age=age)

    assert backend_command(project, BackendKind.AUTO, CONSOLE).kind is kind


def test_the_source_is_taken_when_it_is_asked_for(project: Project) -> None:
    build(project, age=-10)

    assert backend_command(project, BackendKind.SOURCE, CONSOLE).kind is BackendKind.SOURCE


def test_the_built_one_must_be_there_when_it_is_asked_for(project: Project) -> None:
    with pytest.raises(ProjectError) as failed:
        backend_command(project, BackendKind.DIST, CONSOLE)

    assert failed.value.remedy == "plugin-cli build"


def test_a_running_backend_answers_and_ends(project: Project) -> None:
    lines: list[LogLine] = []
    with running_backend(project, BackendKind.SOURCE, CONSOLE, lines.append) as (kind, process):
        assert kind is BackendKind.SOURCE
        assert process.client.check_health(settings({"url": "u"})).message == "u with 0 characters"
        assert process.running()

    assert not process.running()
    request = next(line for line in lines if line.message == "Plugin Request Started")
    assert request.fields["pluginId"] == "acme-weather-datasource"


def test_it_ends_where_its_user_fails(project: Project) -> None:
    with (
        pytest.raises(KeyError),
        running_backend(project, BackendKind.SOURCE, CONSOLE) as (_, process),
    ):
        raise KeyError("x")

    assert not process.running()


@pytest.mark.skipif(sys.platform == "win32", reason="optional: a shell script as the executable")
def test_one_that_does_not_start_says_what_it_printed(project: Project) -> None:
    build(project, "#!/bin/sh\necho 'missing library' >&2\nexit 127\n", age=-10)
    with pytest.raises(PluginCliError) as failed, running_backend(project, BackendKind.DIST, CONSOLE):
        pass

    assert str(failed.value) == (
        "the backend of acme-weather-datasource did not start (dist)\n"
        "  the process ended with exit code 127 before its handshake\n  missing library\n"
        "  try: plugin-cli doctor"
    )


def test_the_environment_is_made_before_the_source_runs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Project] = []

    def make(wanted: Project, _console: object) -> Path:
        made.append(wanted)
        return Path("python")

    monkeypatch.setattr(environment, "ensure_environment", make)
    command = source_command(project, CONSOLE)

    assert made == [project]
    assert command.argv[0] == "python"
