"""A lock that the system gives back when its holder dies, however it dies."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

_POLL_SECONDS = 0.1
inherited: set[int] = set()
"""The descriptors of the locks that children hold as well."""


class FileLock:
    """An exclusive lock on a file, held from `acquire` to `release` or the end of the process.

    Args:
        path: of the file.
        with_children: programs that the holder waits for hold it as well; one that outlives a killed
            holder still writes where the lock lets nobody else write.
    """

    def __init__(self, path: Path, *, with_children: bool = False) -> None:
        self._path = path
        self._with_children = with_children
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Take the lock if it is free; return True if this process holds it now."""
        # Append mode: the file of a live holder must not be truncated.
        file = self._path.open("ab")
        if not _lock(file):
            file.close()
            return False
        self._file = file
        if self._with_children:
            inherited.add(file.fileno())
        return True

    def wait(self) -> None:
        """Take the lock, however long its holder keeps it."""
        while not self.acquire():
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the lock back; the file stays, since another process may be waiting on it."""
        if self._file is not None:
            inherited.discard(self._file.fileno())
            _unlock(self._file)
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
