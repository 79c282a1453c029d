"""A branch that moved is reported by the lock that keeps an earlier commit of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from plugin_cli.venv.branches import MovedBranch, moved_branches


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "commit", "--allow-empty", "-qm", "x")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "lib"
    folder.mkdir()
    git(folder, "init", "-qb", "main")
    return folder


def locked(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "uv.lock"
    other = '[[package]]\nname = "six"\nsource = { registry = "somewhere" }\n'
    path.write_text(f'version = 1\n{other}[[package]]\nname = "lib"\nsource = {{ {source} }}\n')
    return path


@pytest.mark.parametrize(
    ("query", "branch"),
    [("", ""), ("?branch=main", "main"), ("?rev=main", "main"), ("?subdirectory=a%2Fb&branch=main", "main")],
)
def test_a_branch_that_moved_is_reported(tmp_path: Path, repository: Path, query: str, branch: str) -> None:
    first = commit(repository)
    lock = locked(tmp_path, f'git = "{repository.as_uri()}{query}#{first}"')
    assert list(moved_branches(lock)) == []

    second = commit(repository)

    assert list(moved_branches(lock)) == [MovedBranch("lib", branch, first, second)]


@pytest.mark.parametrize("query", ["?rev={commit}", "?rev={short}", "?tag=v1"])
def test_a_fixed_commit_or_tag_does_not_move(tmp_path: Path, repository: Path, query: str) -> None:
    first = commit(repository)
    git(repository, "tag", "v1")
    query = query.format(commit=first, short=first[:8])
    lock = locked(tmp_path, f'git = "{repository.as_uri()}{query}#{first}"')
    commit(repository)
    git(repository, "tag", "-f", "v1")

    assert list(moved_branches(lock)) == []


def test_a_repository_that_is_out_of_reach_is_not_reported(tmp_path: Path) -> None:
    lock = locked(tmp_path, f'git = "{(tmp_path / "gone").as_uri()}#{"a" * 40}"')
    assert list(moved_branches(lock)) == []


@pytest.mark.parametrize(
    "text", ["", "package = 1", "[[package]]\nname = 1", "<<<<<<< HEAD", "[[package]]\nsource = 1"]
)
def test_a_lock_of_another_shape_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "uv.lock").write_text(text)
    assert list(moved_branches(tmp_path / "uv.lock")) == []


def test_the_sentence_says_what_takes_the_commit() -> None:
    moved = MovedBranch("lib", "main", "a" * 40, "b" * 40)
    assert str(moved) == (
        "branch 'main' of lib has moved to bbbbbbb; uv.lock keeps aaaaaaa\n"
        "  try: plugin-cli update --packages lib   (to take it into uv.lock)"
    )
    assert str(MovedBranch("lib", "", "a" * 40, "b" * 40)).startswith("the main branch of lib has moved")
