"""An organisation's own template: instead of ours, or laid over it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.__main__ import run

pytestmark = pytest.mark.usefixtures("own_git")

ALONE = {
    "copier.yml": "name: {type: str, default: Weather}\nteam: {type: str}\n",
    "README.md.jinja": "# {{ name }} of {{ team }}\n",
    "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
}
OVER = {
    "copier.yml": "_extends: plugin-cli\n_subdirectory: files\nteam: {type: str, default: sea}\n",
    "files/CODEOWNERS.jinja": "* @{{ org }}/{{ team }}\n",
    "files/CHANGELOG.md": "# Ours\n",
    "files/backend/{{ package }}/team.py.jinja": 'TEAM = "{{ team }}"\n',
}


def git(folder: Path, *arguments: str) -> str:
    """Return what git says."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def write(folder: Path, files: dict[str, str]) -> Path:
    """Make a template."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def release(folder: Path, files: dict[str, str], tag: str) -> Path:
    """Commit a release of a template that is a git repository."""
    write(folder, files)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", tag)
    git(folder, "tag", tag)
    return folder


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a template; the current folder is another, empty one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "template").mkdir()
    return tmp_path / "template"


def commit_all(folder: Path) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Edit")


def test_a_template_stands_instead_of_ours(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(template, ALONE)

    assert (
        run(["create", "tide", "--template", str(template), "--data", "team=sea", "--json", "--defaults"])
        == 0
    )

    facts = json.loads(capsys.readouterr().out)
    assert facts["files"] == [".copier-answers.yml", "README.md"]
    assert Path("tide/README.md").read_text() == "# Weather of sea\n"
    assert git(Path("tide"), "log", "--format=%H").strip() == facts["commit"]


def test_answers_come_from_flags_and_a_file_too(template: Path) -> None:
    write(template, ALONE)
    Path("answers.yaml").write_text("team: harbour\n")

    assert (
        run(["create", "tide", "--template", str(template), "--answers", "answers.yaml", "--name", "Tide"])
        == 0
    )

    assert Path("tide/README.md").read_text() == "# Tide of harbour\n"


def test_copiers_own_update_brings_the_next_release_and_marks_conflicts(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(template, ALONE, "v1")
    assert run(["create", "tide", "--template", str(template), "--vcs-ref", "v1", "--data", "team=sea"]) == 0
    plugin = Path("tide").absolute()
    (plugin / "mine.txt").write_text("mine\n")
    commit_all(plugin)
    release(template, {"README.md.jinja": "# {{ name }} by {{ team }}\n", "new.txt": "new\n"}, "v2")
    monkeypatch.chdir(plugin)

    assert run(["update"]) == 0
    assert (plugin / "README.md").read_text() == "# Weather by sea\n"
    assert (plugin / "new.txt").is_file()
    assert (plugin / "mine.txt").is_file()

    (plugin / "README.md").write_text("# My own\n")
    commit_all(plugin)
    release(template, {"README.md.jinja": "# {{ name }} from {{ team }}\n"}, "v3")
    assert run(["update"]) == 1
    assert "<<<<<<< before updating" in (plugin / "README.md").read_text()


def test_a_template_is_laid_over_ours_and_update_keeps_it(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(template, OVER, "v1")
    flags = ["--org", "acme", "--no-ci", "--no-alerting", "--defaults", "--data", "team=harbour"]
    assert run(["create", "tide", "--template", str(template), *flags]) == 0
    plugin = Path("tide").absolute()

    assert (plugin / "CODEOWNERS").read_text() == "* @acme/harbour\n"
    assert (plugin / "CHANGELOG.md").read_text() == "# Ours\n"
    assert (plugin / "backend/tide_datasource/team.py").read_text() == 'TEAM = "harbour"\n'
    assert (plugin / "src/plugin.json").is_file()
    assert git(plugin, "status", "--porcelain") == ""
    git(plugin, "rm", "--cached", "--quiet", ".plugin-cli/template.json")
    assert "?? .plugin-cli/template.json" in git(plugin, "status", "--porcelain")  # ignored by nothing
    git(plugin, "add", ".plugin-cli/template.json")

    monkeypatch.chdir(plugin)
    assert run(["update"]) == 0
    assert git(plugin, "status", "--porcelain") == ""
    (plugin / "README.md").write_text("# Mine\n")
    commit_all(plugin)
    release(template, {"files/CHANGELOG.md": "# Ours, later\n"}, "v2")
    assert run(["update"]) == 0
    assert (plugin / "CHANGELOG.md").read_text() == "# Ours, later\n"
    assert (plugin / "CODEOWNERS").read_text() == "* @acme/harbour\n"
    assert (plugin / "README.md").read_text() == "# Mine\n"


RUNS_CODE: dict[str, dict[str, Any]] = {
    "a task": {"copier.yml": "_tasks: [touch made-by-a-task]\n"},
    "an extension": {"copier.yml": "_jinja_extensions: [jinja2.ext.do]\n", "x.txt": "x"},
    "a task over ours": {"copier.yml": "_extends: plugin-cli\n_tasks: [touch made-by-a-task]\n"},
}


@pytest.mark.parametrize("case", RUNS_CODE)
def test_code_of_a_template_needs_trust(
    template: Path, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(template, RUNS_CODE[case])
    command = ["create", "tide", "--template", str(template), "--defaults"]

    assert run(command) == 2

    assert "--trust" in capsys.readouterr().err
    assert list(Path().iterdir()) == []
    assert run([*command, "--trust"]) == 0
    assert Path("tide/made-by-a-task").exists() is ("task" in case)


def _none(template: Path) -> list[str]:
    return [str(template)]


def _broken(template: Path) -> list[str]:
    return [str(write(template, {"copier.yml": "a: [\n"}))]


def _unanswered(template: Path) -> list[str]:
    return [str(write(template, ALONE)), "--defaults"]


def _refused(template: Path) -> list[str]:
    files = {"copier.yml": "team: {type: str, validator: \"{% if team != 'sea' %}only sea{% endif %}\"}\n"}
    return [str(write(template, files)), "--data", "team=x"]


def _other_base(template: Path) -> list[str]:
    return [str(write(template, {"copier.yml": "_extends: create-plugin\n"}))]


def _no_such_ref(template: Path) -> list[str]:
    return [str(release(template, ALONE, "v1")), "--vcs-ref", "v9"]


def _bad_pair(template: Path) -> list[str]:
    return [str(write(template, ALONE)), "--data", "team"]


def _failing_task(template: Path) -> list[str]:
    return [str(write(template, {"copier.yml": "_tasks: [exit 3]\n"})), "--trust"]


BAD = {
    "a folder that is no template": (_none, 2, "is not a copier template"),
    "no such address": (lambda _: ["/nowhere/at/all.git"], 5, "/nowhere/at/all.git"),
    "a configuration that is no YAML": (_broken, 2, "its configuration is not valid"),
    "a question without an answer": (_unanswered, 2, '"team" is required'),
    "an answer that its validator refuses": (_refused, 2, "only sea"),
    "over another tool's template": (_other_base, 2, "it extends 'create-plugin'"),
    "no such reference": (_no_such_ref, 2, "try: --vcs-ref"),
    "data without a value": (_bad_pair, 2, "--data does not take 'team'"),
    "a task that fails": (_failing_task, 5, "exit 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_done_has_a_sentence_and_writes_nothing(
    template: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments, code, words = BAD[case]

    assert run(["create", "tide", "--template", *arguments(template)]) == code

    err = capfd.readouterr().err
    assert words in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("flags", [["--vcs-ref", "v1"], ["--data", "a=b"], ["--trust"]])
def test_options_of_a_template_need_one(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["create", "--defaults", *flags]) == 2
    assert f"{flags[0]} needs --template" in capsys.readouterr().err
