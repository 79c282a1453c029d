"""Full disks and no network under real commands, and what the plain command after them finds."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.built_plugin import TOOL
from tests.faults.machine import COMMANDS, Command, Row, authors_files, left_behind, run, without_environment

ON_FULL_DISKS = ("the first query", "build --clean")
_LARGE = 2 << 30


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Mount a disk of its own on `folder` inside the block, for `_resize`."""
    mount: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={_LARGE}", "tmpfs", folder]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True, capture_output=True)


def _resize(folder: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", folder], check=True, capture_output=True)


def full_disks(root: Path, megabytes: Sequence[int], names: Sequence[str] = ON_FULL_DISKS) -> Iterator[Row]:
    """Run a command on disks with so many free megabytes, then make them large and run the plain one."""
    for name in names:
        (command,) = (item for item in COMMANDS if item.name == name)
        row = Row(f"a full disk during `{name}`")
        for size in megabytes:
            row.note(*_full_disk(command, root, size))
        yield row


def _full_disk(command: Command, root: Path, megabytes: int) -> tuple[str, set[str]]:
    place = Path(tempfile.mkdtemp())
    skipped = shutil.ignore_patterns(".venv", "cache", "dist")
    try:
        with _disk(place):
            copied = shutil.copytree(root, place / "weather", symlinks=True, ignore=skipped)
            used = shutil.disk_usage(place).used
            _resize(place, used + megabytes * 1024 * 1024)
            files = authors_files(copied)
            failed = run(command.words, copied)
            problem = "a traceback: " + failed.stderr if "Traceback" in failed.stderr else ""
            if failed.returncode != 0 and not failed.stderr.strip():
                problem = "no sentence"
            _resize(place, _LARGE)
            done = run(command.plain, copied)
            if done.returncode != 0:
                problem = problem or f"{megabytes} MB: {failed.stderr}\nthen: {done.stderr}"
            running, left = left_behind(place, {"weather"})
            lost = "" if authors_files(copied) == files else "the author's files have changed"
            return problem or command.check(copied) or running or lost, left
    finally:
        place.rmdir()


def no_network(root: Path, tries: int) -> Iterator[Row]:
    """Take the network, and what uv keeps, from the first query; then give both back."""
    row = Row("no network during `the first query`")
    for _ in range(tries):
        without_environment(root)
        with tempfile.TemporaryDirectory() as empty:
            offline = run(
                ["unshare", "--net", TOOL, "query", "--backend", "source"], root, UV_CACHE_DIR=empty
            )
        problem = ""
        if offline.returncode == 0 or "no package index can be reached" not in offline.stderr:
            problem = f"offline: {offline.stderr}"
        done = run(["query", "--backend", "source"], root)
        if done.returncode != 0:
            problem = problem or f"online again: {done.stderr}"
        running, left = left_behind(root.parent, {"weather"})
        row.note(problem or running, left - {"new"})
    yield row
