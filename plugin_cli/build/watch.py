"""`build --watch`: a build, and another one whenever the author has saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

from plugin_cli.project import find_project
from plugin_cli.system.watcher import source_filter, watching
from plugin_cli.venv.create import local_folders

# Folders that a build or another tool fills.
_MADE = frozenset({"dist", "node_modules", "generated"})
# Windows interrupts no wait that has no end.
_LOOK_SECONDS = 0.5


def each_save(start: Path) -> Iterator[None]:
    """Yield at once, and again after each burst of changes in the plugin that `start` lies in.

    What is saved while the caller is at work counts as a change.
    """
    project = find_project(start)
    root, local = project.root, local_folders(project)
    changed = Event()
    is_written = source_filter(root, *local)

    def is_source(path: Path) -> bool:
        below = next(
            path.relative_to(folder).parts for folder in (root, *local) if path.is_relative_to(folder)
        )
        return not _MADE.intersection(below) and is_written(path)

    def on_change(_: frozenset[Path]) -> None:
        changed.set()

    while True:
        folders = [path for path in sorted(root.iterdir()) if path.is_dir() and is_source(path)]
        # Not the root with all below it: node_modules and environments would each cost a watch a folder.
        with (
            watching([root], is_source, on_change, recursive=False),
            watching([*folders, *local], is_source, on_change),
        ):
            while all(path in folders for path in root.iterdir() if path.is_dir() and is_source(path)):
                changed.clear()
                yield
                while not changed.wait(_LOOK_SECONDS):
                    pass
