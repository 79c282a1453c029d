from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError, ToolFailedError, ToolMissingError, UsageError
from plugin_cli.scaffold import create as module
from plugin_cli.scaffold.create import CreateResult, create
from plugin_cli.scaffold.state import pack, read_answers, read_base, state_files, unpack
from plugin_cli.system import git as git_module
from tests.scaffold.scaffolds import TOOL, answers


@pytest.fixture(autouse=True)
def _own_git_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty folder to create plugins in."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def make(directory: Path, **changes: object) -> CreateResult:
    """Create a plugin."""
    return create(answers(**changes), directory, TOOL)


def git(folder: Path, *arguments: str) -> str:
    """Return what git says."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def on_disk(folder: Path) -> tuple[str, ...]:
    """Return every file of a plugin but git's own."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return tuple(sorted(path.as_posix() for path in files if path.parts[0] != ".git"))


def test_plugin_is_a_repository_with_one_commit_of_everything(home: Path) -> None:
    result = make(home / "weather")

    assert on_disk(home / "weather") == result.files
    assert tuple(sorted(git(home / "weather", "ls-files").splitlines())) == result.files
    assert git(home / "weather", "status", "--porcelain") == ""
    assert git(home / "weather", "rev-list", "--all") == result.commit
    assert git(home / "weather", "symbolic-ref", "HEAD") == "refs/heads/main"


def test_files_the_user_ignores_everywhere_are_committed_too(home: Path, tmp_path: Path) -> None:
    (tmp_path / "ignore").write_text(".vscode\n*.yaml\n")
    (tmp_path / "gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path / 'ignore'}\n")

    result = make(home / "weather")

    assert ".vscode/launch.json" in git(home / "weather", "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert result.files == on_disk(home / "weather")


def test_author_is_the_one_git_knows(home: Path, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")

    make(home / "weather")

    assert git(home / "weather", "log", "--format=%an <%ae>") == "Ada <ada@example.org>"


def test_author_is_neutral_where_git_knows_none(home: Path) -> None:
    make(home / "weather")

    assert git(home / "weather", "log", "--format=%an <%ae>") == "plugin-cli <plugin-cli@localhost>"


def test_hooks_and_signing_set_up_for_other_work_do_not_stop_it(home: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "prepare-commit-msg"):  # the second runs even where --no-verify is given
        (hooks / name).write_text("#!/bin/sh\nexit 1\n")
        (hooks / name).chmod(0o755)
    (tmp_path / "gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = /bin/false\n"
    )

    assert make(home / "weather").commit


def test_the_repository_of_a_hook_that_runs_it_is_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = home / "other"
    other.mkdir()
    git(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))

    make(home / "weather")

    assert not (other / ".git" / "index").exists()
    assert (home / "weather" / ".git" / "index").exists()


def test_the_same_answers_make_the_same_bytes(home: Path) -> None:
    first, second = make(home / "a"), make(home / "b")

    assert first.files == second.files
    for name in first.files:
        assert (home / "a" / name).read_bytes() == (home / "b" / name).read_bytes(), name


def test_state_holds_the_answers_the_version_and_the_pristine_files(home: Path) -> None:
    make(home / "weather", alerting=False, name="Wetter Köln")
    folder = home / "weather"
    base = read_base(folder)

    assert read_answers(folder, TOOL.templates) == answers(alerting=False, name="Wetter Köln")
    assert (folder / ".plugin-cli" / "version").read_text() == "1.2.3\n"
    assert {name: (folder / name).read_bytes() for name in base} == base
    assert set(on_disk(folder)) - set(base) == set(state_files(answers(), "1.2.3", {}))


def test_the_base_depends_on_the_files_alone_not_on_their_order() -> None:
    files = {"b": b"2", "a": b"1"}

    assert pack(files) == pack(dict(sorted(files.items())))
    assert unpack(pack(files)) == files


def test_no_place_of_this_machine_is_written_down(home: Path) -> None:
    result = make(home / "weather")

    for name in result.files:
        content = (home / "weather" / name).read_bytes()
        assert str(home).encode() not in content, name
        assert str(TOOL.templates).encode() not in content, name


def test_an_empty_folder_is_filled_in_place(home: Path) -> None:
    folder = home / "weather"
    folder.mkdir()
    before = folder.stat().st_ino

    result = make(folder)

    assert folder.stat().st_ino == before
    assert on_disk(folder) == result.files


@pytest.mark.parametrize("exists", [True, False])
def test_a_full_disk_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch, exists: bool) -> None:
    def full(files: dict[str, bytes], folder: Path) -> None:
        (folder / "README.md").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_tree", full)
    if exists:
        (home / "weather").mkdir()

    with pytest.raises(PluginCliError, match="cannot be written") as raised:
        make(home / "weather")

    assert raised.value.why == "No space left on device"
    assert list(home.rglob("*")) == ([home / "weather"] if exists else [])


def test_a_failing_git_leaves_nothing(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    (broken / "git").write_text("#!/bin/sh\necho 'fatal: out of luck' >&2\nexit 128\n")
    (broken / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(broken))

    with pytest.raises(ToolFailedError) as raised:
        make(home / "weather")

    assert "out of luck" in str(raised.value)
    assert list(home.iterdir()) == []


def test_an_interrupt_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: git_module.Git, message: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(git_module.Git, "start", interrupted)

    with pytest.raises(KeyboardInterrupt):
        make(home / "weather")

    assert list(home.iterdir()) == []


def test_a_move_that_fails_half_way_is_undone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "weather").mkdir()
    rename, moves = Path.rename, []

    def fails_late(self: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == 4:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_late)

    with pytest.raises(PluginCliError, match="cannot be written"):
        make(home / "weather")

    assert len(moves) == 4
    assert list(home.rglob("*")) == [home / "weather"]


def test_without_git_nothing_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))

    with pytest.raises(ToolMissingError, match="git is not installed"):
        make(home / "weather")

    assert list(home.iterdir()) == []


def test_a_dry_run_writes_nothing_and_needs_no_git(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(home))

    planned = create(answers(), home / "weather", TOOL, dry_run=True)

    assert list(home.iterdir()) == []
    assert planned.commit is None
    monkeypatch.undo()
    assert make(home / "weather").files == planned.files


def test_a_folder_with_something_in_it_is_left_alone(home: Path) -> None:
    (home / "weather").mkdir()
    (home / "weather" / "mine").write_text("mine")

    with pytest.raises(UsageError, match="is not empty"):
        make(home / "weather")

    assert on_disk(home) == ("weather/mine",)


def test_a_file_in_the_way_is_refused(home: Path) -> None:
    (home / "weather").write_text("mine")

    with pytest.raises(UsageError, match="is a file"):
        make(home / "weather")


def test_a_dangling_link_in_the_way_is_refused(home: Path) -> None:
    (home / "weather").symlink_to(home / "nowhere")

    with pytest.raises(UsageError, match="is a file"):
        make(home / "weather")


def test_a_missing_parent_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="has no parent folder"):
        make(home / "a" / "weather")


@pytest.mark.parametrize(
    ("changes", "what", "allowed"),
    [
        ({"type": "dashboard"}, "--type does not take 'dashboard'", "datasource"),
        ({"type": "datasorce"}, "--type does not take 'datasorce'", "--type datasource"),
        ({"frontend": "vue"}, "--frontend does not take 'vue'", "generated"),
        ({"backend": False, "alerting": False}, "--no-backend is not available yet", "--backend"),
        ({"description": "two\nlines"}, "--description is not one line of text", "line breaks"),
    ],
)
def test_unacceptable_answers_name_the_flag_and_what_it_takes(
    home: Path, changes: dict[str, object], what: str, allowed: str
) -> None:
    with pytest.raises(UsageError) as raised:
        make(home / "weather", **changes)

    assert raised.value.what == what
    assert allowed in str(raised.value)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "what", "remedy"),
    [
        ({"backend": False}, "--no-backend needs --frontend react", "--no-backend --frontend react"),
        (
            {"backend": False, "frontend": "react", "alerting": True},
            "--alerting needs --backend",
            "--no-alerting",
        ),
    ],
)
def test_once_a_backend_can_be_left_out_the_flags_it_needs_are_named(
    home: Path, tmp_path: Path, changes: dict[str, object], what: str, remedy: str
) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(TOOL.templates, templates)
    (templates / "template" / "{% if not backend %}.{% endif %}").mkdir()
    tool = dataclasses.replace(TOOL, templates=templates)

    with pytest.raises(UsageError) as raised:
        create(answers(**changes), home / "weather", tool)

    assert (raised.value.what, raised.value.remedy) == (what, remedy)
