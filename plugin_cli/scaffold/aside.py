"""Where a new plugin is made before it is moved into place, and what a killed `create` left there."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_cli.system.running import start_of, this_process

PREFIX = ".plugin-cli-new-"
# The names that are on their way from there into a folder that was empty.
_MOVING = "moving"


@contextmanager
def made_aside(parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`, gone after the block; its name says which process makes it."""
    process = this_process()
    prefix = f"{PREFIX}{process.pid}-{_short(process.started)}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_contents(made: Path, directory: Path) -> None:
    """Move what is in `made` into the empty `directory`: all or nothing, even if killed midway."""
    entries = list(made.iterdir())
    (made.parent / _MOVING).write_text("\n".join(entry.name for entry in entries), encoding="utf-8")
    try:
        for entry in entries:
            entry.rename(directory / entry.name)
    except BaseException:
        move_back(made.parent, directory)
        raise


def remove_left(parent: Path) -> None:
    """Remove what a `create` that was killed left in `parent`; one that runs is left alone."""
    for folder in parent.glob(f"{PREFIX}*"):
        pid, _, rest = folder.name.removeprefix(PREFIX).partition("-")
        started = start_of(int(pid)) if pid.isdecimal() else None
        if started is not None and rest.startswith(f"{_short(started)}-"):
            continue
        move_back(folder, parent)
        shutil.rmtree(folder, ignore_errors=True)


def move_back(folder: Path, directory: Path) -> None:
    """Take what `move_contents` moved out of `directory` again."""
    try:
        names = (folder / _MOVING).read_text(encoding="utf-8").split("\n")
    except OSError:
        return
    for name in names:
        path = directory / name
        if (folder / "plugin" / name).exists() or not path.exists():
            continue  # it was never moved
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
