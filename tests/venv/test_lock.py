"""uv.lock: written by the first command, followed by every build, changed only by its author."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.venv.lock import LOCK, Lock, can_lock, update_or_warn
from tests.venv.wheels import make_wheel

CONSOLE = TerminalConsole()
TOOL = "grafana-plugin-cli"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A plugin, and an index with one version of what it needs."""
    for name in ("links", "empty", "weather"):
        (tmp_path / name).mkdir()
    make_wheel(tmp_path / "links", "thing", "1.0")
    make_wheel(tmp_path / "links", TOOL, "0.1.0")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "links"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "empty").as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    made = Project(tmp_path / "weather", {}, {})
    _depend(made, "thing", TOOL)
    return made


def _depend(project: Project, *names: str) -> None:
    text = f'[project]\nname = "weather"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = {list(names)}\n'
    (project.root / "pyproject.toml").write_text(text.replace("'", '"') + "\n[tool.uv]\npackage = false\n")


def _locked(project: Project) -> dict[str, str]:
    packages = tomllib.loads((project.root / LOCK).read_text())["package"]
    return {item["name"]: item["version"] for item in packages if item["name"] != "weather"}


def test_it_is_written_once_and_said_so(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    lock = Lock(project)
    assert lock.digest() is None

    lock.update(CONSOLE)

    said = "uv.lock now holds the version of every package: commit it, and every build installs the same\n"
    assert capsys.readouterr().err == said
    assert _locked(project) == {"thing": "1.0", TOOL: "0.1.0"}
    lock.require()
    lock.update(CONSOLE)
    assert capsys.readouterr().err == ""


def test_a_newer_release_changes_nothing_until_it_is_wanted(project: Project, tmp_path: Path) -> None:
    lock = Lock(project)
    lock.update(CONSOLE)
    before = lock.digest()
    make_wheel(tmp_path / "links", "thing", "1.1")

    lock.update(CONSOLE)
    lock.require()
    assert lock.digest() == before

    assert lock.upgrade() is True
    assert _locked(project)["thing"] == "1.1"
    assert lock.upgrade() is False


def test_one_package_alone_is_upgraded_by_its_name(project: Project, tmp_path: Path) -> None:
    _depend(project, "thing", "other_thing", TOOL)
    make_wheel(tmp_path / "links", "other_thing", "1.0")
    lock = Lock(project)
    lock.update(CONSOLE)
    for name in ("thing", "other_thing"):
        make_wheel(tmp_path / "links", name, "1.1")

    assert lock.upgrade(["Other.Thing"]) is True
    assert _locked(project) == {"thing": "1.0", "other-thing": "1.1", TOOL: "0.1.0"}

    with pytest.raises(ProjectError, match=r"uv\.lock has no package 'thinge'\n  nearest: thing\n"):
        lock.upgrade(["thinge"])


def test_a_new_dependency_is_added_and_the_others_stay(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = Lock(project)
    lock.update(CONSOLE)
    make_wheel(tmp_path / "links", "thing", "1.1")
    make_wheel(tmp_path / "links", "other", "5.0")
    _depend(project, "thing", "other", TOOL)

    with pytest.raises(ProjectError, match=r"uv\.lock does not match pyproject.toml"):
        lock.require()
    capsys.readouterr()
    lock.update(CONSOLE)

    assert capsys.readouterr().err.startswith("uv.lock has changed: commit it")
    assert _locked(project) == {"thing": "1.0", "other": "5.0", TOOL: "0.1.0"}


def test_locked_refuses_where_nothing_is_locked(project: Project) -> None:
    with pytest.raises(ProjectError, match=r"uv.lock does not exist\n(.*\n)*.*without --locked, and commit"):
        Lock(project).require()


def test_the_tool_is_the_one_that_runs(project: Project, tmp_path: Path) -> None:
    Lock(project, tool="0.1.0").update(CONSOLE)
    Lock(project, tool="0.1.0").require()
    make_wheel(tmp_path / "links", TOOL, "0.2.0")
    newer = Lock(project, tool="0.2.0")

    with pytest.raises(ProjectError, match=r"has grafana-plugin-cli 0\.1\.0, and 0\.2\.0 is running"):
        newer.require()
    newer.update(CONSOLE)

    assert _locked(project)[TOOL] == "0.2.0"
    newer.require()


def test_a_wheel_that_no_index_has_is_taken_from_its_folder(project: Project, tmp_path: Path) -> None:
    (tmp_path / "links" / f"{TOOL.replace('-', '_')}-0.1.0-py3-none-any.whl").unlink()
    folder = project.root / ".plugin-cli" / "wheels"
    folder.mkdir(parents=True)
    make_wheel(folder, TOOL, "0.1.0")
    lock = Lock(project, ".plugin-cli/wheels", "0.1.0")

    lock.update(CONSOLE)

    lock.require()
    text = lock.path.read_text()
    assert '{ registry = ".plugin-cli/wheels" }' in text
    assert str(project.root) not in text


@pytest.mark.parametrize("with_tool", [True, False])
def test_what_is_installed_is_what_is_locked(project: Project, tmp_path: Path, with_tool: bool) -> None:
    lock = Lock(project)
    lock.update(CONSOLE)

    lock.export(tmp_path / "requirements.txt", (), with_tool=with_tool)

    text = (tmp_path / "requirements.txt").read_text()
    assert "thing==1.0" in text
    assert (f"{TOOL}==0.1.0" in text) is with_tool
    assert "weather" not in text


def test_why_nothing_could_be_locked_is_returned(project: Project) -> None:
    _depend(project, "no-such-thing")
    assert "no-such-thing" in str(update_or_warn(Lock(project), CONSOLE))
    assert not (project.root / LOCK).exists()


def test_only_a_named_project_can_be_locked() -> None:
    assert can_lock({"project": {"name": "weather"}})
    assert not can_lock({"project": {}})
    assert not can_lock({})
