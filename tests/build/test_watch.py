"""When `build --watch` builds again, on real files."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin_cli.build.watch import each_save
from tests.source_plugin import write_source_plugin


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = write_source_plugin(tmp_path / "weather").root
    for folder in ("dist", "node_modules/left", "src/generated", ".venv"):
        (made / folder).mkdir(parents=True)
    return made


@contextmanager
def builds(root: Path) -> Iterator[queue.Queue[int]]:
    """Count what is built, from a thread that ends with the block."""
    counted: queue.Queue[int] = queue.Queue()
    is_over = threading.Event()

    def run() -> None:
        saves = each_save(root)
        for number, _ in enumerate(saves):
            counted.put(number)
            if is_over.is_set():
                saves.close()  # type: ignore[attr-defined]  # a generator
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert counted.get(timeout=20) == 0
        yield counted
    finally:
        is_over.set()
        save_until(root / "backend" / "weather" / "last.py", thread)


def save_until(path: Path, thread: threading.Thread) -> None:
    for number in range(200):
        path.write_text(str(number))
        thread.join(0.1)
        if not thread.is_alive():
            return
    raise AssertionError("not noticed")


def is_built(counted: queue.Queue[int], path: Path) -> bool:
    """Save until it is noticed: the first may come before the watch stands."""
    for number in range(50):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(number))
        try:
            counted.get(timeout=0.2)
        except queue.Empty:
            continue
        return True
    return False


@pytest.mark.parametrize(
    "name", ["backend/weather/datasource.py", "src/plugin.json", "pyproject.toml", "README.md", "new/x.py"]
)
def test_what_the_author_saves_is_built(root: Path, name: str) -> None:
    with builds(root) as counted:
        assert is_built(counted, root / name)


def test_a_folder_made_meanwhile_is_watched_from_then_on(root: Path) -> None:
    with builds(root) as counted:
        (root / "docs").mkdir()
        assert is_built(counted, root / "README.md")

        assert is_built(counted, root / "docs" / "images" / "x.md")


@pytest.mark.parametrize(
    "name",
    [
        "dist/module.js",
        "node_modules/left/index.js",
        "src/generated/types.ts",
        ".venv/x.py",
        ".plugin-cli/cache/x",
        "backend/weather/__pycache__/x.pyc",
        "backend/weather/x.py~",
    ],
)
def test_what_tools_write_is_not_built(root: Path, name: str) -> None:
    with builds(root) as counted:
        assert is_built(counted, root / "README.md")  # the watch stands
        while not counted.empty():
            counted.get()

        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")

        with pytest.raises(queue.Empty):
            counted.get(timeout=1)


def test_what_is_saved_during_a_build_counts(root: Path) -> None:
    source = root / "backend" / "weather" / "datasource.py"
    saves = each_save(root)
    next(saves)
    noticed = threading.Event()

    def save() -> None:
        for number in range(200):
            if noticed.wait(0.1):
                return
            source.write_text(f"# {number}\n")

    saving = threading.Thread(target=save)
    saving.start()
    next(saves)
    noticed.set()
    saving.join()
    saves.close()  # type: ignore[attr-defined]  # a generator
