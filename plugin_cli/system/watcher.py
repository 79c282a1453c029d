"""Watching a plugin's files: the author saves, the development session notices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
) -> Iterator[None]:
    """Call `changed` with the files that were changed in `folders`, from a thread of its own.

    Args:
        folders: watched; one that is not there is left out.
        predicate: returns True for the files that matter.
        changed: called once for each burst of changes.
        recursive: whether all that lies below is watched too.
    """
    present = [folder for folder in folders if folder.is_dir()]
    stop = threading.Event()
    thread = threading.Thread(
        target=_watch, args=(present, predicate, changed, stop, recursive), name="file-watch"
    )
    if present:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if present:
            thread.join()


def _watch(
    folders: Sequence[Path],
    predicate: Callable[[Path], bool],
    changed: Callable[[frozenset[Path]], None],
    stop: threading.Event,
    recursive: bool,
) -> None:
    from watchfiles import watch

    bursts = watch(
        *folders,
        watch_filter=lambda _, path: predicate(Path(path)),
        step=_QUIET_MS,
        debounce=_LONGEST_MS,
        rust_timeout=_STOP_MS,
        stop_event=stop,
        raise_interrupt=False,
        recursive=recursive,
    )
    for burst in bursts:
        changed(frozenset(Path(path) for _, path in burst))


def source_filter(root: Path) -> Callable[[Path], bool]:
    """Return a predicate for the author's own files below `root`: no caches, no editors' files."""

    def written_by_author(path: Path) -> bool:
        # Only below the repository: that may itself lie in a hidden folder.
        parts = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
        if any(part == "__pycache__" or part.startswith(".") for part in parts):
            return False
        return path.suffix not in {".pyc", ".pyo", ".swp", ".tmp"} and not path.name.endswith("~")

    return written_by_author
