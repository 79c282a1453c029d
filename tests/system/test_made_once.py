"""A folder is made whole by one process, whatever becomes of the others."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError
from plugin_cli.system.made_once import made_once
from plugin_cli.system.process import StoppedError

HALF = """
import sys
from pathlib import Path
from plugin_cli.system.made_once import made_once
with made_once(Path(sys.argv[1])) as folder:
    (folder / "half").touch()
    print("half done", flush=True)
    sys.stdin.read()
"""


def _half_way(path: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HALF, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "half done\n"
    return child


def test_it_is_there_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "made"
    with made_once(path) as folder:
        assert folder is not None
        (folder / "whole").touch()
        assert not path.exists()

    assert [entry.name for entry in path.iterdir()] == ["whole"]
    with made_once(path) as again:
        assert again is None


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with made_once(tmp_path / "made") as folder:
            assert folder is not None
            (folder / "half").touch()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        half()

    assert [entry.name for entry in tmp_path.iterdir()] == [".lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="optional: needs SIGKILL")
def test_what_a_killed_process_left_is_removed_and_never_used(tmp_path: Path) -> None:
    path = tmp_path / "made"
    child = _half_way(path)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert list(tmp_path.glob(".partial-*"))
    assert not path.exists()

    with made_once(path) as folder:
        assert folder is not None
        assert list(folder.iterdir()) == []

    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "made"]
    assert list(path.iterdir()) == []


def test_a_second_process_waits_and_takes_what_the_first_made(tmp_path: Path) -> None:
    path = tmp_path / "made"
    child = _half_way(path)
    taken: list[Path | None] = []

    def second() -> None:
        with made_once(path) as folder:
            taken.append(folder)

    thread = threading.Thread(target=second)
    thread.start()
    child.communicate("")
    thread.join()

    assert taken == [None]
    assert [entry.name for entry in path.iterdir()] == ["half"]


def test_who_waits_can_be_stopped(tmp_path: Path) -> None:
    child, stopped = _half_way(tmp_path / "made"), threading.Event()
    stopped.set()
    with pytest.raises(StoppedError), made_once(tmp_path / "made", stopped):
        pass
    child.communicate("")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    path = tmp_path / "cache" / "node" / "24"
    with pytest.raises(PluginCliError, match="cache/node cannot be written") as caught, made_once(path):
        pass
    assert "make its folder writable" in str(caught.value)
