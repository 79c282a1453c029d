"""Puts a finished dist/ in the place of the old one, atomically, and knows later whether it is still that.

One build at a time does so, and commands that read dist/ see a whole one.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_cli.build.fingerprint import tree_fingerprint
from plugin_cli.console import Console
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project
from plugin_cli.system.cache import ignored_dir
from plugin_cli.system.file_lock import FileLock
from plugin_cli.system.json_file import read_json, write_json

_OLD, _WHOLE, _DONE, _NEW = ".old-dist", ".whole-old-dist", ".done-dist", ".new-dist"
_OURS = (_OLD, _WHOLE, _DONE, _NEW)


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
    for folder in (work, dist):
        old, whole = folder / _OLD, folder / _WHOLE
        if whole.is_dir() and dist.is_dir():
            # All that was there had been moved away: what is there now is part of the new one.
            for path in [entry for entry in dist.iterdir() if entry.name not in _OURS]:
                _remove(path)
            whole.rename(old)
        if old.is_dir() and dist.is_dir():
            for path in list(old.iterdir()):
                _remove(dist / path.name)
                path.rename(dist / path.name)
            old.rmdir()
    for left in (dist / _NEW, dist / _DONE, work / _DONE):
        shutil.rmtree(left, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _move(made: Path, dist: Path, old: Path) -> None:
    whole = old.with_name(_WHOLE)
    shutil.rmtree(old, ignore_errors=True)
    old.mkdir(parents=True)
    try:
        _exchange(made, dist, old, whole)
    except BaseException:
        with contextlib.suppress(OSError):
            old.rmdir()  # everything went back
        raise
    # One step, after which nothing is to be put back any more.
    done = old.with_name(_DONE)
    shutil.rmtree(done, ignore_errors=True)
    whole.rename(done)
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


def _exchange(made: Path, dist: Path, old: Path, whole: Path) -> None:
    moved: list[tuple[Path, Path]] = []
    try:
        for path in [entry for entry in dist.iterdir() if entry not in (made, old)]:
            moved.append((path, old / path.name))
            path.rename(old / path.name)
        moved.append((old, whole))
        old.rename(whole)
        for path in list(made.iterdir()):
            moved.append((path, dist / path.name))
            path.rename(dist / path.name)
    except BaseException:  # Ctrl-C as well
        for origin, target in reversed(moved):
            if target.exists() or target.is_symlink():
                target.rename(origin)
        raise


def work_dir(project: Project) -> Path:
    """Return where builds keep what the next one needs again."""
    return project.state / "cache" / "build"


@contextmanager
def only_build(project: Project) -> Iterator[None]:
    """Let one build of this plugin run at a time: they share the caches and dist/.

    Raises:
        PluginCliError: another build runs, or a file cannot be written inside the block.
    """
    try:
        ignored_dir(project.state / "cache")
        lock = _lock(project)
        if not lock.acquire():
            raise PluginCliError(
                f"another build of {project.plugin_id} is running",
                remedy="wait for it, or stop `plugin-cli dev`",
            )
        try:
            recover(project.dist, work_dir(project))
            yield
        finally:
            lock.release()
    except OSError as error:
        raise PluginCliError(
            f"the build of {project.plugin_id} cannot write its files; dist/ is as it was",
            why=str(error),
            remedy="make the folder writable and see that the disk has room",
        ) from error


@contextmanager
def whole_dist(project: Project, console: Console) -> Iterator[None]:
    """Keep builds from dist/ inside the block, and put back first what a killed one had moved away.

    Where nothing was ever built, or nothing can be written, dist/ is taken as it is.
    """
    lock = _lock(project)
    with contextlib.suppress(OSError):
        if not lock.acquire():
            with console.working(f"waiting for the build of {project.plugin_id} that is running"):
                lock.wait()
        recover(project.dist, work_dir(project))
    try:
        yield
    finally:
        lock.release()


def _lock(project: Project) -> FileLock:
    return FileLock(project.state / "cache" / "build.lock")


def is_current(work: Path, key: str, dist: Path) -> bool:
    """Return True if `dist` is the untouched result of the input that `key` stands for."""
    facts = read_json(work / "dist.json") or {}
    return bool(facts.get("key") == key and dist.is_dir() and facts.get("files") == tree_fingerprint(dist))


def remember(work: Path, key: str, dist: Path) -> None:
    """Record that `dist` is the result of `key` now."""
    facts = {"key": key, "files": tree_fingerprint(dist)}
    write_json(work / "dist.json", facts)
