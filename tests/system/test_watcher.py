from __future__ import annotations

import queue
from pathlib import Path
from typing import Any, cast

import pytest

from plugin_cli.system.watcher import source_filter, watching


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("backend/weather/datasource.py", True),
        ("src/plugin.json", True),
        ("backend/weather/__pycache__/x.py", False),
        ("backend/weather/.#datasource.py", False),
        ("backend/weather/datasource.py~", False),
        ("backend/weather/.datasource.py.swp", False),
        ("backend/.venv/lib/x.py", False),
        ("dist/.new-dist/module.js", False),
    ],
)
def test_only_what_the_author_writes_counts_also_in_a_hidden_folder(
    tmp_path: Path, name: str, expected: bool
) -> None:
    root = tmp_path / ".projects" / "weather"

    assert source_filter(root)(root / name) is expected


def test_a_saved_file_is_told_and_a_missing_folder_is_no_matter(tmp_path: Path) -> None:
    told: queue.Queue[frozenset[Path]] = queue.Queue()
    (tmp_path / "backend").mkdir()
    file = tmp_path / "backend" / "x.py"
    with watching([tmp_path / "backend", tmp_path / "none"], source_filter(tmp_path), told.put):
        for number in range(100):
            # The first may come before the watch stands; the filter has to leave the other file out.
            file.write_text(str(number))
            (tmp_path / "backend" / "x.pyc").write_text(str(number))
            try:
                burst = told.get(timeout=0.3)
                break
            except queue.Empty:
                continue

    assert burst == {file}


def test_what_lies_deeper_can_be_left_out(tmp_path: Path) -> None:
    told: queue.Queue[frozenset[Path]] = queue.Queue()
    (tmp_path / "deeper").mkdir()
    file = tmp_path / "x.py"
    with watching([tmp_path], source_filter(tmp_path), told.put, recursive=False):
        for number in range(100):
            (tmp_path / "deeper" / "y.py").write_text(str(number))
            file.write_text(str(number))
            try:
                assert told.get(timeout=1) == {file}
            except queue.Empty:
                continue
            return
    raise AssertionError("nothing was told")


def test_an_error_of_whoever_is_told_ends_no_watch(tmp_path: Path) -> None:
    told: queue.Queue[object] = queue.Queue()
    folder = tmp_path / "backend"
    folder.mkdir()

    def failing(paths: frozenset[Path]) -> None:
        told.put(paths)
        raise ValueError("month must be in 1..12")

    with watching([folder], source_filter(tmp_path), failing, on_error=told.put):
        for number in range(2):
            saved(folder / "x.py", told)
            assert told.get(timeout=30) == (
                "a change of x.py was not taken over: ValueError: month must be in 1..12"
            ), number


def test_an_error_of_whoever_hears_of_errors_ends_no_watch(tmp_path: Path) -> None:
    told: queue.Queue[object] = queue.Queue()
    (tmp_path / "backend").mkdir()

    def failing(argument: object) -> None:
        told.put(argument)
        raise OSError(28, "No space left on device")

    with watching([tmp_path / "backend"], source_filter(tmp_path), failing, on_error=failing):
        for _ in range(2):
            saved(tmp_path / "backend" / "x.py", told)
            assert "No space left" in str(told.get(timeout=30))


def test_a_folder_that_comes_later_or_comes_again_is_watched(tmp_path: Path) -> None:
    told: queue.Queue[object] = queue.Queue()
    folder = tmp_path / "provisioning"
    with watching([folder], source_filter(tmp_path), told.put):
        for number in range(3):
            aside = tmp_path / f"aside-{number}"
            aside.mkdir()
            (aside / "x.yaml").write_text("a: 1")
            if folder.is_dir():
                folder.rename(tmp_path / f"old-{number}")
            aside.rename(folder)  # as git does it when a branch is changed
            found: object = frozenset()
            while found != frozenset({folder / "x.yaml"}):
                found = told.get(timeout=60)
            while not told.empty():
                told.get()
            saved(folder / "x.yaml", told)


def test_without_watches_of_the_system_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles

    told: queue.Queue[object] = queue.Queue()
    folder = tmp_path / "backend"
    folder.mkdir()
    watch = watchfiles.watch

    def without(*folders: Path, force_polling: bool | None = None, **options: Any) -> Any:
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        return watch(*folders, force_polling=True, **options)

    monkeypatch.setattr(watchfiles, "watch", without)
    with watching([folder], source_filter(tmp_path), told.put, on_error=told.put):
        assert "looked at from time to time" in str(told.get(timeout=30))
        saved(folder / "x.py", told)


def saved(file: Path, told: queue.Queue[object]) -> None:
    """Save the file until the watch, which may not stand at once, tells of it."""
    for number in range(300):
        file.write_text(str(number))
        try:
            assert file in cast("frozenset[Path]", told.get(timeout=0.2))
        except queue.Empty:
            continue
        return
    raise AssertionError("nothing was told")
