"""The options that all commands share, and what they write."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.compare import calm
from benchmarks.compare.machine import machine, versions
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
    parser.add_argument("--busy", action="store_true", help="write Markdown on a busy machine too, marked so")
    parser.set_defaults(name=name, before=None)
    return parser.parse_args(arguments)


@contextmanager
def run(chosen: argparse.Namespace) -> Iterator[Setting]:
    """Start what the measurements need, and end it."""
    chosen.before = calm.look()
    if chosen.markdown and chosen.before.reason and not chosen.busy:
        raise SystemExit(refusal(chosen.before.reason, chosen.markdown))
    with setting(1 if chosen.quick else chosen.rounds, chosen.quick) as found:
        yield found


def refusal(reason: str, page: Path) -> str:
    """Return why no table is written for readers, and what to do."""
    return (
        f"error: {page} is not written: {reason}\n"
        "  its readers could not tell the plugin from the machine; the ratios of the rounds are usable\n"
        "  try: wait until the machine is quiet, or add --busy to write the table marked as of a busy one"
    )


def heading(chosen: argparse.Namespace, after: calm.Busy) -> str:
    """Return the sentences above a table: the machine, its state and the versions."""
    busy = [moment.reason for moment in (chosen.before, after) if moment is not None and moment.reason]
    state = f"**The machine was busy** ({busy[0]}): trust ratios alone." if busy else f"Quiet: {after}."
    return f"Measured on {machine()}. {state} {versions()}"


def page_is_allowed(chosen: argparse.Namespace, after: calm.Busy) -> bool:
    """Return True if a table may be written for readers; print why not."""
    if after.reason and not chosen.busy:
        sys.stderr.write(refusal(f"at its end, {after.reason}", chosen.markdown) + "\n")
        return False
    return True


def write(chosen: argparse.Namespace, tables: Sequence[Table]) -> None:
    """Print the tables and write the files that were asked for."""
    sys.stdout.write("\n\n".join(table.plain() for table in tables) + "\n")
    if chosen.json:
        found = {table.title: table.entries() for table in tables}
        chosen.json.write_text(json.dumps({"machine": machine(), "tables": found}, indent=1) + "\n")
    after = calm.look()
    if chosen.markdown and page_is_allowed(chosen, after):
        texts = [heading(chosen, after), "", *(table.markdown() for table in tables)]
        put(chosen.markdown, chosen.name, "\n".join(texts))
