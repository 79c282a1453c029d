"""Commands that read dist/ see a whole one: none that a killed build left half way, none that changes meanwhile."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_cli.__main__ import run
from plugin_cli.build.swap import only_build, whole_dist, work_dir
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project, find_project
from tests.build.plugins import METADATA, valid_dist

CONSOLE = TerminalConsole()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = tmp_path / "weather"
    (root / "src").mkdir(parents=True)
    (root / "src" / "plugin.json").write_text(json.dumps(METADATA))
    valid_dist(root / "dist")
    monkeypatch.chdir(root)
    return find_project(root)


def half_moved_away(project: Project) -> None:
    old = work_dir(project) / ".old-dist"
    old.mkdir(parents=True)
    (project.dist / "LICENSE").rename(old / "LICENSE")


def half_replaced(project: Project) -> None:
    whole = work_dir(project) / ".whole-old-dist"
    whole.parent.mkdir(parents=True)
    project.dist.rename(whole)
    project.dist.mkdir()
    (project.dist / "of the new one").touch()
    (project.dist / "LICENSE").touch()


@pytest.mark.parametrize("command", ["validate", "package"])
@pytest.mark.parametrize("killed", [half_moved_away, half_replaced])
def test_what_a_killed_build_moved_away_is_put_back_first(
    project: Project, command: str, killed: Callable[[Project], None]
) -> None:
    before = {path.name: path.read_bytes() for path in project.dist.iterdir() if path.is_file()}
    killed(project)

    assert run([command]) == 0

    assert {path.name: path.read_bytes() for path in project.dist.iterdir() if path.is_file()} == before
    assert list(work_dir(project).iterdir()) == []


def test_a_build_that_is_running_is_waited_for(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    read = threading.Event()

    def reader() -> None:
        with whole_dist(project, CONSOLE):
            read.set()

    with only_build(project):
        thread = threading.Thread(target=reader)
        thread.start()
        assert not read.wait(0.3)
    assert read.wait(10)
    thread.join()
    assert "waiting for the build of acme-weather-datasource that is running" in capsys.readouterr().err


def test_no_build_begins_while_dist_is_read(project: Project) -> None:
    with only_build(project):
        pass
    with (
        whole_dist(project, CONSOLE),
        pytest.raises(PluginCliError, match="another build"),
        only_build(project),
    ):
        pass


def test_what_was_never_built_here_is_taken_as_it_is(project: Project) -> None:
    with whole_dist(project, CONSOLE):
        assert (project.dist / "plugin.json").is_file()
    assert not project.state.exists()
