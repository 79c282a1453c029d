"""How the running tool gets into a plugin's environment and lock, by where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.venv import requirements
from plugin_cli.venv.create import ensure_environment
from plugin_cli.venv.requirements import Requirements, read_requirements, upgrade_lock
from plugin_cli.venv.tool_source import ToolSource, installed_tool

VERSION = installed_tool().version
ADDRESS = "grafana-plugin-cli @ git+https://git.example.org/tool@abc"
HERE = Path(__file__).parents[2]
INDEX, GIT, LOCAL = ToolSource("index"), ToolSource("url", ADDRESS), ToolSource("local", checkout=HERE)
# Source of the tool, what pyproject.toml names: the folder of wheels and the version in the lock, the warning.
ORIGINS: dict[str, tuple[ToolSource, str, str | None, str | None, str]] = {
    "index, version": (INDEX, "grafana-plugin-cli>=0.1", None, VERSION, ""),
    "index, address": (INDEX, ADDRESS, None, None, ""),
    "git, version": (GIT, "grafana-plugin-cli>=0.1", ".plugin-cli/wheels", VERSION, f'"{ADDRESS}"'),
    "git, address": (GIT, ADDRESS, None, None, ""),
    "git, nothing": (GIT, "thing", ".plugin-cli/wheels", VERSION, f'"{ADDRESS}"'),
    "checkout, version": (LOCAL, "grafana-plugin-cli>=0.1", ".plugin-cli/wheels", VERSION, "--tool ADDRESS"),
    "checkout, address": (LOCAL, ADDRESS, None, None, ""),
}


def _read(root: Path, source: ToolSource, dependency: str, monkeypatch: pytest.MonkeyPatch) -> Requirements:
    (root / "pyproject.toml").write_text(f"[project]\nname = 'weather'\ndependencies = ['{dependency}']\n")
    monkeypatch.setattr(requirements, "tool_source", lambda: source)
    return read_requirements(Project(root, {}, {}), TerminalConsole())


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS)
def test_every_origin_of_the_tool_has_a_lock(
    origin: tuple[ToolSource, str, str | None, str | None, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, dependency, wheels, version, warning = origin

    lock = _read(tmp_path, source, dependency, monkeypatch).lock

    assert lock is not None
    assert (lock.wheels, lock.tool) == (wheels, version)
    said = capsys.readouterr().err
    assert warning in said
    assert bool(said) is bool(warning)
    # Once: the second command finds the wheel.
    _read(tmp_path, source, dependency, monkeypatch)
    assert capsys.readouterr().err == ""


def test_a_project_without_a_name_is_told_what_to_add(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    monkeypatch.setattr(requirements, "tool_source", lambda: INDEX)
    project, console = Project(tmp_path, {}, {}), TerminalConsole()

    with pytest.raises(ProjectError, match="no \\[project\\] name"):
        upgrade_lock(project, console)
    with pytest.raises(ProjectError, match="no \\[project\\] name"):
        ensure_environment(project, console, locked=True)
