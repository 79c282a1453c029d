"""The folder of a session's sockets goes with its owner, also with one that was killed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from plugin_cli.dev.cleanup import clean_unrecorded
from plugin_cli.session.record import SessionFolder


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_what_a_killed_owner_left_is_removed_and_no_other_sessions(temporary: Path) -> None:
    mine, others = SessionFolder(Path("a-0123456789ab")), SessionFolder(Path("b-fedcba987654"))
    left, kept = mine.make_sockets(), others.make_sockets()
    (left / "plugin1").touch()
    link = temporary / f"{left.name}x"
    link.symlink_to(kept)

    clean_unrecorded(mine)

    assert not left.exists()
    assert kept.is_dir()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs root rights to give a folder away")
def test_a_folder_of_another_user_is_left_alone(temporary: Path) -> None:
    mine = SessionFolder(Path("a-0123456789ab"))
    foreign = mine.make_sockets()
    os.chown(foreign, 65534, 65534)

    mine.remove_sockets()

    assert foreign.is_dir()


def test_a_socket_in_it_has_a_short_path() -> None:
    folder = SessionFolder(Path("x" * 60 + "-0123456789ab")).make_sockets()
    try:
        assert len(folder.name) < 30
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()
