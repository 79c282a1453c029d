from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plugin_cli.build.swap import recover, swap
from plugin_cli.errors import PluginCliError


def tree(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_the_new_files_take_the_place_of_all_old_ones_in_the_same_folder(tmp_path: Path) -> None:
    dist = tree(tmp_path / "dist", old="1", both="1", sub__old="1")
    inode = dist.stat().st_ino
    swap(tree(tmp_path / "work" / "made", both="2", sub__new="2"), dist, tmp_path / "work")
    assert files(dist) == {"both": "2", "sub/new": "2"}
    assert dist.stat().st_ino == inode
    assert list((tmp_path / "work").iterdir()) == []


def test_a_missing_dist_is_made(tmp_path: Path) -> None:
    swap(tree(tmp_path / "made", new="2"), tmp_path / "dist", tmp_path / "work")
    assert files(tmp_path / "dist") == {"new": "2"}


def test_a_failure_half_way_brings_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = tree(tmp_path / "dist", a="1", b="1")
    made = tree(tmp_path / "made", a="2", c="2")
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.parent == made and path.name == "c":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PluginCliError, match=r"cannot be replaced; it is as it was"):
        swap(made, dist, tmp_path / "work")
    assert files(dist) == {"a": "1", "b": "1"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a disk of its own needs root on Linux")
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_the_old_files(small_disk: Path, tmp_path: Path) -> None:
    dist = tree(small_disk / "dist", old="1")
    with pytest.raises(PluginCliError, match="No space left"):
        swap(tree(tmp_path / "made", big="x" * 200_000), dist, tmp_path / "work")
    assert files(dist) == {"old": "1"}
    assert [path.name for path in dist.iterdir()] == ["old"]


def test_a_folder_that_is_a_mount_of_the_same_disk_gets_its_files(tmp_path: Path) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a mount needs root on Linux")
    dist = tree(tmp_path / "dist", old="1")
    subprocess.run(["mount", "--bind", dist, dist], check=True)
    try:
        swap(tree(tmp_path / "made", new="2"), dist, tmp_path / "work")
        assert files(dist) == {"new": "2"}
        assert [path.name for path in dist.iterdir()] == ["new"]
    finally:
        subprocess.run(["umount", dist], check=True)


def test_a_read_only_target_keeps_its_files(small_disk: Path, tmp_path: Path) -> None:
    dist = tree(small_disk / "dist", old="1")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(PluginCliError, match=r"Read-only file system: .*\n  try: make the folder writable"):
        swap(tree(tmp_path / "made", new="2"), dist, tmp_path / "work")
    assert files(dist) == {"old": "1"}


def test_files_come_over_from_another_disk(small_disk: Path, tmp_path: Path) -> None:
    dist = tree(small_disk / "dist", old="1")
    swap(tree(tmp_path / "made", new="2"), dist, tmp_path / "work")
    assert files(dist) == {"new": "2"}


def killed_at(step: int, made: Path, dist: Path, work: Path) -> bool:
    """Swap in a process that dies before its `step`th change of the disk; tell whether it came so far."""
    pid = os.fork()
    if pid == 0:  # pragma: no cover - measured in the parent alone
        changes = iter(range(1000))
        for owner, name in ((Path, "rename"), (os, "unlink"), (os, "rmdir")):
            change = getattr(owner, name)

            def counted(
                *arguments: object, change: Callable[..., object] = change, **options: object
            ) -> object:
                if next(changes) == step:
                    os._exit(9)
                return change(*arguments, **options)

            setattr(owner, name, counted)
        swap(made, dist, work)
        os._exit(0)
    return os.waitpid(pid, 0)[1] != 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="optional: kills a copy of this process")
def test_a_swap_that_is_killed_anywhere_loses_nothing(tmp_path: Path) -> None:
    step, killed = 0, True
    while killed:
        folder = tmp_path / str(step)
        dist, work = tree(folder / "dist", a="1", other__arm="1", z="1"), folder / "work"
        made = tree(work / "made", a="2", other__arm="2", new="2")
        killed = killed_at(step, made, dist, work)

        recover(dist, work)

        old = {"a": "1", "other/arm": "1", "z": "1"}
        new = {"a": "2", "other/arm": "2", "new": "2"}
        found = files(dist)
        assert found in (old, new), step
        assert [path for path in work.iterdir() if path.name != "made"] == []
        swap(tree(work / "again", a="3"), dist, work)
        assert files(dist) == {"a": "3"}
        step += 1
    assert step > 8


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interrupt_half_way_brings_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    dist, made = tree(tmp_path / "dist", a="1", b="1"), tree(tmp_path / "made", a="2", c="2")
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.parent == made and path.name == "c":
            raise stop
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(stop):
        swap(made, dist, tmp_path / "work")
    assert files(dist) == {"a": "1", "b": "1"}
