"""The options that all commands share, and what they write."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.compare.machine import machine
from benchmarks.compare.page import put
from benchmarks.compare.setting import Setting, setting
from benchmarks.compare.table import Table

_PLACE = "between the command's marks in FILE, where it has them, such as docs/performance.md"


def parse(
    name: str, description: str | None, arguments: Sequence[str], only: Sequence[str] = ()
) -> argparse.Namespace:
    """Parse the options of `scripts/bench NAME`."""
    parser = argparse.ArgumentParser(
        prog=f"scripts/bench {name}", description=(description or "").partition("\n")[0]
    )
    if only:
        parser.add_argument("--only", nargs="+", metavar="NAME", choices=only, help=", ".join(only))
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (default 5)")
    parser.add_argument("--quick", action="store_true", help="one round of a tenth of the calls")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help=f"write Markdown: {_PLACE}")
    parser.set_defaults(name=name)
    return parser.parse_args(arguments)


@contextmanager
def run(chosen: argparse.Namespace) -> Iterator[Setting]:
    """Start what the measurements need, and end it."""
    with setting(1 if chosen.quick else chosen.rounds, chosen.quick) as found:
        yield found


def write(chosen: argparse.Namespace, tables: Sequence[Table]) -> None:
    """Print the tables and write the files that were asked for."""
    sys.stdout.write("\n\n".join(table.plain() for table in tables) + "\n")
    if chosen.json:
        found = {table.title: table.entries() for table in tables}
        chosen.json.write_text(json.dumps({"machine": machine(), "tables": found}, indent=1) + "\n")
    if chosen.markdown:
        texts = [f"Measured on {machine()}.", "", *(table.markdown() for table in tables)]
        put(chosen.markdown, chosen.name, "\n".join(texts))
