from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from plugin_cli.__main__ import run


@pytest.fixture(autouse=True)
def _in_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["create", "weather", "--org", "acme", "--no-ci", "--defaults"]) == 0
    monkeypatch.chdir(tmp_path / "weather")


def commit() -> None:
    """Commit everything."""
    subprocess.run(["git", "add", "--all"], check=True)
    subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "Edit"], check=True)


def test_update_of_a_current_plugin_has_nothing_to_change(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["update"]) == 0
    assert "nothing to change" in capsys.readouterr().err


def test_add_says_what_it_did_and_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "ci", "--json"]) == 0

    facts = json.loads(capsys.readouterr().out)
    assert ".github/workflows/ci.yml" in facts["added"]
    assert facts["updated"] == ["README.md"]
    commit()
    assert run(["add", "ci"]) == 0
    assert "ci is there already" in capsys.readouterr().err


def test_a_conflict_exits_1_and_names_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("src/plugin.json")
    path.write_text(path.read_text().replace('  "alerting": true,\n', '  "alerting": false,\n'))
    commit()

    assert run(["add", "stream"]) == 1

    err = capsys.readouterr().err
    assert "conflict in src/plugin.json" in err
    assert "<<<<<<< yours" in path.read_text()


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "ci", "--dry-run"]) == 0

    assert "would add ci" in capsys.readouterr().err
    assert not Path(".github").exists()
    assert run(["update", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["updated"] == []


def test_adding_typescript_says_what_is_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "react"]) == 0

    assert "plugin-cli types" in capsys.readouterr().err


def test_without_a_feature_the_list_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert run(["add", "--json"]) == 0

    assert {"alerting", "annotations", "ci", "stream"} <= set(json.loads(capsys.readouterr().out))


def test_an_unknown_feature_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "telepathy"]) == 2
    assert "allowed: alerting" in capsys.readouterr().err


def test_outside_a_plugin_it_exits_4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["update"]) == 4


def test_uncommitted_changes_exit_4(capsys: pytest.CaptureFixture[str]) -> None:
    Path("notes.txt").write_text("mine")

    assert run(["update"]) == 4
    assert "notes.txt" in capsys.readouterr().err


def test_adding_annotations_describes_the_frames(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["add", "annotations"]) == 0
    told = capsys.readouterr().err
    assert "a frame with time, timeEnd, title, text, tags, id" in told
    assert "variables: a frame with text and value" in told
    assert "fillBelowTo" in told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["httpx"], 2, "unexpected argument 'httpx'\n  try: plugin-cli update --packages httpx"),
        (["--packages", "httpx", "--dry-run"], 2, "--packages goes without --dry-run"),
        (["--packages", "httpz"], 4, "uv.lock has no package 'httpz'"),
    ],
)
def test_names_of_packages_go_with_the_option_and_the_lock(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["update", *arguments]) == code
    assert said in capsys.readouterr().err
