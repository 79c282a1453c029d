"""Puts a finished dist/ in the place of the old one, atomically, and knows later whether it is still that."""

from __future__ import annotations

import contextlib
import errno
import shutil
from pathlib import Path

from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.errors import PluginCliError
from plugin_cli.system.json_file import read_json, write_json

_OLD, _DONE, _NEW = ".old-dist", ".done-dist", ".new-dist"


def swap(made: Path, dist: Path, work: Path) -> None:
    """Move what is in `made` into `dist` and what was there away.

    The folder `dist` itself stays: a container that has it mounted sees the new files.

    Raises:
        PluginCliError: a file cannot be moved; `dist` is as it was.
    """
    try:
        dist.mkdir(parents=True, exist_ok=True)
        try:
            _move(made, dist, work / _OLD)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            # Only within one mount can files be moved without copying.
            _move_copies(made, dist)
    except OSError as error:
        raise PluginCliError(
            f"{dist} cannot be replaced; it is as it was",
            why=str(error),
            remedy="make the folder writable, see that the disk has room, and build again",
        ) from error
    shutil.rmtree(made, ignore_errors=True)


def recover(dist: Path, work: Path) -> None:
    """Put back what a swap that was killed had moved away: it may be all there is for other systems.

    Raises:
        OSError: a file cannot be moved.
    """
    for old in (work / _OLD, dist / _OLD):
        if not old.is_dir() or not dist.is_dir():
            continue
        for path in list(old.iterdir()):
            target = dist / path.name
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            path.replace(target)
        old.rmdir()
    for left in (dist / _NEW, dist / _DONE, work / _DONE):
        shutil.rmtree(left, ignore_errors=True)


def _move(made: Path, dist: Path, old: Path) -> None:
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir(parents=True)
    try:
        _exchange(made, dist, old)
    except BaseException:
        with contextlib.suppress(OSError):
            old.rmdir()  # everything went back
        raise
    # One step, after which nothing is to be put back any more.
    done = old.with_name(_DONE)
    shutil.rmtree(done, ignore_errors=True)
    old.rename(done)
    shutil.rmtree(done, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


def _move_copies(made: Path, dist: Path) -> None:
    beside = dist / _NEW
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(made, beside)
        _move(beside, dist, dist / _OLD)
    except shutil.Error as error:
        raise OSError(f"the new files do not fit: {error}"[:300]) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _exchange(made: Path, dist: Path, old: Path) -> None:
    moved: list[tuple[Path, Path]] = []
    try:
        for path in [entry for entry in dist.iterdir() if entry not in (made, old)]:
            moved.append((path, old / path.name))
            path.rename(old / path.name)
        for path in list(made.iterdir()):
            moved.append((path, dist / path.name))
            path.rename(dist / path.name)
    except BaseException:  # Ctrl-C as well
        for origin, target in reversed(moved):
            if target.exists() or target.is_symlink():
                target.rename(origin)
        raise


def is_current(work: Path, key: str, dist: Path) -> bool:
    """Return True if `dist` is the untouched result of the input that `key` stands for."""
    facts = read_json(work / "dist.json") or {}
    return bool(facts.get("key") == key and dist.is_dir() and facts.get("files") == tree_fingerprint(dist))


def remember(work: Path, key: str, dist: Path) -> None:
    """Record that `dist` is the result of `key` now."""
    facts = {"key": key, "files": tree_fingerprint(dist)}
    write_json(work / "dist.json", facts)
