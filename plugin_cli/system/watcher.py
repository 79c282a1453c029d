"""Watching a plugin's files: the author saves, the development session notices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# Editors save in several steps (write aside, rename, set the time): wait until it is quiet so long.
_QUIET_MS = 30
_LONGEST_MS = 300
# How soon the watching thread notices that it should stop.
_STOP_MS = 500


@contextmanager
def watching(
    folders: Sequence[Path],
    predicate: Callable[[Path], bool],
    changed: Callable[[frozenset[Path]], None],
    *,
    recursive: bool = True,
    on_error: Callable[[str], None] = lambda _: None,
) -> Iterator[None]:
    """Call `changed` with the files that were changed in `folders`, from a thread of its own.

    The watch ends with the block and never before: not by an error of `changed`, and not when a folder is
    removed and made again, as git does it.

    Args:
        folders: watched; one that is not there is watched once it is.
        predicate: returns True for the files that matter.
        changed: called once for each burst of changes.
        recursive: whether all that lies below is watched too.
        on_error: called with what failed.
    """
    watcher = _Watcher(tuple(folders), predicate, changed, recursive, on_error)
    # Looked at before the thread runs: a folder that comes from here on is new to it.
    thread = threading.Thread(target=watcher.run, args=(watcher.identities(),), name="file-watch")
    thread.start()
    try:
        yield
    finally:
        watcher.stop.set()
        thread.join()


@dataclass
class _Watcher:
    folders: tuple[Path, ...]
    predicate: Callable[[Path], bool]
    changed: Callable[[frozenset[Path]], None]
    recursive: bool
    on_error: Callable[[str], None]
    stop: threading.Event = field(default_factory=threading.Event)
    _polls: bool = False

    def run(self, known: dict[Path, int | None]) -> None:
        while not self.stop.is_set():
            try:
                self._watch(known)
            except Exception as error:
                # The system may have no watches left; looking at every file needs none.
                self._polls = True
                self._report(f"files cannot be watched, so they are looked at from time to time: {error}")
                self.stop.wait(_STOP_MS / 1000)
            now = self.identities()
            appeared = [folder for folder in self.folders if now[folder] not in (None, known[folder])]
            known = now
            self._call(frozenset(path for folder in appeared for path in self._files(folder)))

    def _watch(self, known: dict[Path, int | None]) -> None:
        """Pass on changes until the watch is to stop, or a folder is another than it was."""
        present = [folder for folder in self.folders if known[folder] is not None]
        if not present:
            self.stop.wait(_STOP_MS / 1000)
            return
        from watchfiles import watch

        bursts = watch(
            *present,
            watch_filter=lambda _, path: self.predicate(Path(path)),
            step=_QUIET_MS,
            debounce=_LONGEST_MS,
            rust_timeout=_STOP_MS,
            yield_on_timeout=True,
            stop_event=self.stop,
            raise_interrupt=False,
            recursive=self.recursive,
            force_polling=self._polls or None,
        )
        for burst in bursts:
            self._call(frozenset(Path(path) for _, path in burst))
            if self.identities() != known:
                return

    def _call(self, paths: frozenset[Path]) -> None:
        if not paths:
            return
        try:
            self.changed(paths)
        except Exception as error:
            names = ", ".join(sorted(path.name for path in paths)[:5])
            self._report(f"a change of {names} was not taken over: {type(error).__name__}: {error}")

    def _report(self, text: str) -> None:
        # Whoever hears of errors may have one as well: a full disk, a closed terminal.
        with suppress(Exception):
            self.on_error(text)

    def identities(self) -> dict[Path, int | None]:
        """Return the inode of each folder; None where there is no folder."""
        return {folder: _inode(folder) for folder in self.folders}

    def _files(self, folder: Path) -> Iterator[Path]:
        found = folder.rglob("*") if self.recursive else folder.glob("*")
        with suppress(OSError):  # it may go again at this moment
            yield from (path for path in found if self.predicate(path) and path.is_file())


def _inode(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino if folder.is_dir() else None
    except OSError:
        return None


def source_filter(*roots: Path) -> Callable[[Path], bool]:
    """Return a predicate for the author's own files below `roots`: no caches, no editors' files."""

    def written_by_author(path: Path) -> bool:
        # Only below the repository: that may itself lie in a hidden folder.
        root = next((root for root in roots if path.is_relative_to(root)), None)
        parts = path.relative_to(root).parts if root is not None else path.parts
        if any(part == "__pycache__" or part.startswith(".") for part in parts):
            return False
        return path.suffix not in {".pyc", ".pyo", ".swp", ".tmp"} and not path.name.endswith("~")

    return written_by_author
