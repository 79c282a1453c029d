"""The battery of faults of a developer's machine: short here, long at night."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.built_plugin import ROOT
from tests.faults.machine import COMMANDS, Row, kills, plugin
from tests.faults.shortages import full_disks, no_network
from tests.faults.table import HEADING, names, table, write

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        sys.platform != "linux", reason="optional: looks for processes and mounts disks as on Linux"
    ),
]
needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None,
    reason="optional: mounts a disk and takes the network away as root",
)


@pytest.fixture(scope="module")
def root() -> Iterator[Path]:
    with plugin() as found:
        yield found


def judge(rows: list[Row], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{table(rows)}\n")
    assert rows
    assert [row for row in rows if row.problems or row.healed != row.tries or row.left] == []


@pytest.mark.parametrize("name", ["the first query", "create", "dev up"])
def test_a_command_that_is_cut_short_costs_the_next_nothing(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(list(kills(root, 1, [name])), capsys)


@needs_root
def test_a_disk_that_was_full_costs_the_next_command_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(list(full_disks(root, [20], ["the first query"])), capsys)


@needs_root
def test_a_network_that_was_away_costs_the_next_command_nothing(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(list(no_network(root, 1)), capsys)


@pytest.mark.nightly
@needs_root
def test_many_faults_at_all_moments_heal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(kills(root, 15, [command.name for command in COMMANDS]))
    rows += full_disks(root, range(2, 120, 8))
    rows += no_network(root, 3)
    judge(rows, capsys)


def test_the_table_is_written_in_the_place_of_the_old_one(tmp_path: Path) -> None:
    page = tmp_path / "faults.md"
    page.write_text(f"# Faults\n\n{table([Row('old', 1, 1), Row('older', 1, 1)])}\n\nMore.\n")

    write([Row("new", 2, 2, {"uv.lock"})], page)

    assert page.read_text() == (
        "# Faults\n\n| fault | tries | healed | left behind |\n|---|---:|---:|---|\n"
        "| new | 2 | 2 | `uv.lock` |\n\nMore.\n"
    )


def test_the_documentation_shows_every_row_and_none_that_did_not_heal() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    _, _, rest = text.partition(HEADING)
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in rest.splitlines()[2:]]
    rows = [cells for cells in shown if len(cells) == 4]

    assert [name for name, *_ in rows] == names()
    assert [cells for cells in rows if cells[1] != cells[2] or cells[3] != "nothing"] == []
