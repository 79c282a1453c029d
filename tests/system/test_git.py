"""What an error of git tells the user to do is done here, and then git works."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from plugin_cli.errors import ToolFailedError
from plugin_cli.system.git import Git


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "weather").mkdir()
    (tmp_path / "weather" / "file").touch()
    return tmp_path / "weather"


def remedy_of(caught: pytest.ExceptionInfo[ToolFailedError]) -> str:
    return caught.value.remedy or ""


def test_a_global_configuration_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / ".gitconfig").write_text("[user\n")
    with pytest.raises(ToolFailedError) as caught:
        Git(folder).start("one")
    assert "export GIT_CONFIG_GLOBAL=/dev/null" in remedy_of(caught)

    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert len(Git(folder).start("one")) == 40


def test_a_home_that_cannot_be_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / ".gitconfig").mkdir()
    with pytest.raises(ToolFailedError) as caught:
        Git(folder).start("one")
    assert "export HOME=<FOLDER>" in remedy_of(caught)

    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert len(Git(folder).start("one")) == 40


def test_the_lock_of_another_git(folder: Path) -> None:
    git = Git(folder)
    git.start("one")
    (folder / "file").write_text("two")
    (folder / ".git" / "index.lock").touch()
    with pytest.raises(ToolFailedError) as caught:
        git.start("two")
    assert "remove .git/index.lock" in remedy_of(caught)

    (folder / ".git" / "index.lock").unlink()
    git.start("two")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="optional: gives the folder to another user, as root",
)
@pytest.mark.parametrize("language", ["C", "de_DE.UTF-8"])
def test_the_folder_of_another_user(folder: Path, monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("LANG", language)
    Git(folder).start("one")
    for path in (folder, folder / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(ToolFailedError) as caught:
        Git(folder).is_repository()

    advised = re.search(r"git config .*", remedy_of(caught))
    assert advised is not None
    subprocess.run(shlex.split(advised[0]), check=True)
    assert Git(folder).is_repository()


def test_a_folder_in_no_repository(folder: Path) -> None:
    assert not Git(folder).is_repository()
