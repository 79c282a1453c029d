"""One data source written with the Go SDK and with this project, driven in turns by the same Go client.

    scripts/bench [go] [--only NAME...] [--quick] [--rounds N] [--json FILE] [--markdown FILE]

Every figure is a median of rounds with the smallest and the largest; a ratio is taken round by round. Trust
ratios: the machine's pace changes, and both sides of a ratio saw the same moment.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.compare import answering, building, commands, holding, report, starting
from benchmarks.compare.figures import Result
from benchmarks.compare.rounds import Measurement, measure
from benchmarks.compare.setting import setting

MEASUREMENTS: tuple[Measurement, ...] = (
    starting.START,
    *answering.QUERIES,
    *answering.FRAMES,
    answering.BESIDE,
    answering.WAITING,
    holding.STREAMS,
    holding.MEMORY,
    building.SIZE,
    building.BUILD,
    commands.CREATE,
    commands.HELP,
)


def main(arguments: list[str]) -> int:
    """Measure, print the table, write the files; 1 if a goal is missed by 25 % or more."""
    options = _options().parse_args(arguments)
    chosen = [item for item in MEASUREMENTS if not options.only or item.name in options.only]
    results: list[Result] = []
    try:
        with setting(1 if options.quick else options.rounds, options.quick) as run:
            results.extend(measure(chosen, run))
    finally:
        report.write(results, options.json, options.markdown)  # also what was done before a failure
    return int(any(result.verdict().startswith("missed") for result in results))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.partition("\n")[0])
    names = [item.name for item in MEASUREMENTS]
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, help=", ".join(names))
    parser.add_argument("--rounds", type=int, default=5, help="how often each side is measured (default 5)")
    parser.add_argument("--quick", action="store_true", help="one round of a tenth of the calls")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
