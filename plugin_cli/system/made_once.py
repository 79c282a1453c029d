"""A folder that is made once, by whichever process is first: there whole, or not there."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from plugin_cli.errors import disk_error
from plugin_cli.system.file_lock import FileLock
from plugin_cli.system.process import StoppedError

_PARTIAL = ".partial-"
_POLL_SECONDS = 0.2


@contextmanager
def made_once(path: Path, stopped: threading.Event | None = None) -> Iterator[Path | None]:
    """Yield an empty folder that becomes `path` when the block ends; None where `path` is there already.

    Another process that makes something beside `path` is waited for. What a killed one left is removed: it is
    never taken for the whole, since its name is another one.

    Raises:
        PluginCliError: the folder cannot be written.
        StoppedError: `stopped` was set while another process was waited for.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / ".lock")
        _wait(lock, stopped or threading.Event())
    except OSError as error:
        raise disk_error(path.parent, error) from error
    try:
        if path.is_dir():
            yield None
            return
        for left in path.parent.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left, ignore_errors=True)
        with _partial(path.parent) as folder:
            yield folder
            folder.rename(path)
    finally:
        lock.release()


def _wait(lock: FileLock, stopped: threading.Event) -> None:
    while not lock.acquire():
        if stopped.wait(_POLL_SECONDS):
            raise StoppedError


@contextmanager
def _partial(parent: Path) -> Iterator[Path]:
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=parent))
        folder.chmod(0o755)
    except OSError as error:
        raise disk_error(parent, error) from error
    try:
        yield folder
    except OSError as error:
        raise disk_error(parent, error) from error
    finally:
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
