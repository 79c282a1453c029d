"""Every fault of the battery is healed: the short form in CI, the long one at night. Both print the table."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.built_plugin import ROOT
from tests.conformance.host import Host
from tests.faults.runtime.battery import FAULTS, Fault, Row, is_possible, run, table

MOST_MIB = 160
"""Freed memory stays with the allocator of the C library; four answers of 64 MiB take their turn in it."""


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[list[Row]]:
    """Collect the rows, and print their table when the last one is done."""
    found: list[Row] = []
    yield found
    manager = request.config.pluginmanager.getplugin("capturemanager")
    with manager.global_and_fixture_disabled():
        sys.stdout.write(f"\n\n{table(found)}\n")


def check(fault: Fault, tries: int, host: Host, exe: Path, folder: Path, rows: list[Row]) -> None:
    if not is_possible(fault):
        pytest.skip("needs root rights and setpriv")
    row = run(fault, tries, host, exe, folder)
    rows.append(row)

    assert row.healed == row.tries, row
    assert row.left == "nothing", row
    assert row.mib < MOST_MIB, row
    if fault.ends:
        assert row.restarts == row.tries, row
    else:
        assert row.restarts == 0, row


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_short(fault: Fault, host: Host, exe: Path, tmp_path: Path, rows: list[Row]) -> None:
    check(fault, fault.short, host, exe, tmp_path, rows)


@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_long(fault: Fault, host: Host, exe: Path, tmp_path: Path, rows: list[Row]) -> None:
    share = float(os.environ.get("FAULTS_SHARE", "1"))
    check(fault, max(2, int(fault.long * share)), host, exe, tmp_path, rows)


def test_the_documentation_shows_a_row_for_each_fault_and_none_that_is_not_healed() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    shown = {cells[0]: cells for line in text.splitlines() if len(cells := _cells(line)) == 6}

    for fault in FAULTS:
        assert fault.name in shown, fault.name
        _, tries, healed, _, left, _ = shown[fault.name]
        assert (tries, left) == (healed, "nothing"), fault.name


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] if "|" in line else []
