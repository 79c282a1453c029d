"""Where a new plugin is committed: in a repository of its own, in a clone with nothing in it, or nowhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from plugin_cli.__main__ import run
from plugin_cli.errors import ProjectError, ToolFailedError, UsageError
from plugin_cli.scaffold import create as module
from plugin_cli.scaffold.create import CreateResult, create
from plugin_cli.scaffold.merge import require_clean
from plugin_cli.system.git import Git
from tests.scaffold.scaffolds import TOOL, answers, rendered

pytestmark = pytest.mark.usefixtures("own_git")


@pytest.fixture(autouse=True)
def _rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "render_plugin", lambda one, tool: rendered(one))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Return what git says."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def make(directory: Path) -> CreateResult:
    """Create a plugin."""
    return create(answers(), directory, TOOL)


def clone_of(home: Path, *, with_commit: bool) -> Path:
    """Return a repository on branch trunk that holds nothing but .git."""
    folder = home / "clone"
    git(home, "init", "--quiet", "-b", "trunk", str(folder))
    if with_commit:
        git(folder, "commit", "--allow-empty", "--quiet", "-m", "First")
    return folder


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("depth", ["plugins", "."])
def test_inside_a_work_tree_it_makes_no_repository_and_commits_nothing(
    home: Path, exists: bool, depth: str
) -> None:
    git(home, "init", "--quiet")
    parent = home / depth
    parent.mkdir(exist_ok=True)
    if exists:
        (parent / "weather").mkdir()

    result = make(parent / "weather")

    assert (result.commit, result.repository) == (None, home)
    assert not (parent / "weather" / ".git").exists()
    assert git(home, "status", "--porcelain").startswith("?? ")
    assert sorted(path.name for path in parent.iterdir() if path.name != ".git") == ["weather"]


def test_a_folder_that_the_work_tree_ignores_is_a_repository_of_its_own(home: Path) -> None:
    git(home, "init", "--quiet")
    (home / ".gitignore").write_text("/scratch/\n")
    (home / "scratch").mkdir()

    result = make(home / "scratch" / "weather")

    assert result.repository is None
    assert git(home / "scratch" / "weather", "log", "--format=%H") == result.commit


def test_a_clone_with_nothing_in_it_counts_as_empty_and_gets_the_commit(home: Path) -> None:
    clone = clone_of(home, with_commit=False)

    result = make(clone)

    assert git(clone, "log", "--format=%H") == result.commit
    assert git(clone, "symbolic-ref", "HEAD") == "refs/heads/trunk"
    assert git(clone, "status", "--porcelain") == ""
    assert tuple(sorted(git(clone, "ls-files").splitlines())) == result.files


def test_a_clone_with_history_is_filled_and_left_to_the_author_to_commit(home: Path) -> None:
    clone = clone_of(home, with_commit=True)

    result = make(clone)

    assert result.commit is None
    assert git(clone, "log", "--format=%s") == "First"
    assert (clone / "src/plugin.json").is_file()


def test_a_clone_is_as_it_was_when_the_commit_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = clone_of(home, with_commit=False)

    def fails(self: Git, message: str, *, but: str = "") -> str:
        git(clone, "add", "--all", "--force")
        raise ToolFailedError("git failed", command=["git"], returncode=1, output="out of luck")

    monkeypatch.setattr(Git, "commit_all", fails)

    with pytest.raises(ToolFailedError):
        make(clone)

    assert [path.name for path in clone.iterdir()] == [".git"]
    assert git(clone, "status", "--porcelain") == ""


def test_a_clone_with_a_file_in_it_is_not_empty(home: Path) -> None:
    clone = clone_of(home, with_commit=False)
    (clone / "README.md").write_text("mine")

    with pytest.raises(UsageError, match="is not empty"):
        make(clone)


def test_the_command_says_where_the_plugin_went_and_where_workflows_are_read(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(home, "init", "--quiet")
    monkeypatch.chdir(home)

    assert run(["create", "weather", "--defaults"]) == 0

    err = capsys.readouterr().err
    assert f"it is a part of the repository {home}: no repository of its own was made" in err
    assert f"GitHub reads workflows only in {home}/.github/workflows" in err


def _broken(home: Path) -> None:
    (home / ".git").write_text("gitdir: /nowhere\n")


def _not_trusted(home: Path) -> None:
    git(home, "init", "--quiet")
    os.chown(home, 12345, 12345)
    os.chown(home / ".git", 12345, 12345)


def _of_another_format(home: Path) -> None:
    git(home, "init", "--quiet")
    git(home, "config", "core.repositoryFormatVersion", "99")


WORDS = {
    "a broken link to its repository": (_broken, "not a git repository: "),
    "a folder of another owner": (_not_trusted, "dubious ownership"),
    "a format of a newer git": (_of_another_format, "found 99"),
}


@pytest.mark.parametrize("case", WORDS)
def test_gits_own_words_are_passed_on_and_nothing_is_written(home: Path, case: str) -> None:
    spoil, words = WORDS[case]
    if spoil is _not_trusted and (os.name == "nt" or os.geteuid() != 0):
        pytest.skip("optional: only root gives a folder to another owner")
    spoil(home)
    before = sorted(home.iterdir())

    with pytest.raises(ToolFailedError) as created:
        make(home / "weather")
    with pytest.raises((ToolFailedError, ProjectError)) as updated:
        require_clean(home)

    assert words in str(created.value)
    assert words in str(updated.value)
    assert sorted(home.iterdir()) == before
