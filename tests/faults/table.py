"""The table of what was done to the commands on a developer's machine, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.faults.machine import COMMANDS, KILLS, Row
from tests.faults.shortages import ON_FULL_DISKS

HEADING = "| fault | tries | healed | left behind |"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as the docs show them."""
    lines = [HEADING, "|---|---:|---:|---|"]
    for row in rows:
        left = ", ".join(f"`{name}`" for name in sorted(row.left)) or "nothing"
        lines.append(f"| {row.fault} | {row.tries} | {row.healed} | {left} |")
    return "\n".join(lines)


def write(rows: Sequence[Row], page: Path) -> None:
    """Put the rows into the page in place of the table that is there."""
    before, _, rest = page.read_text(encoding="utf-8").partition(HEADING)
    lines = rest.splitlines(keepends=True)
    after = next(number for number, line in enumerate(lines) if number and not line.startswith("|"))
    page.write_text(f"{before}{table(rows)}\n{''.join(lines[after:])}", encoding="utf-8")


def names() -> list[str]:
    """Return what the rows of the whole battery are called, in their order."""
    return [
        *(f"{how} during `{command.name}`" for command in COMMANDS for how in KILLS),
        *(f"a full disk during `{name}`" for name in ON_FULL_DISKS),
        "no network during `the first query`",
    ]
