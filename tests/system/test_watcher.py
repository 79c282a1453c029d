from __future__ import annotations

import queue
from pathlib import Path

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
