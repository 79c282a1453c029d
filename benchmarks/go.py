"""One data source written with the Go SDK and with this project, driven in turns by the same Go client.

    scripts/bench [go] [--only NAME...] [--quick] [--rounds N] [--json FILE] [--markdown FILE]

Every figure is a median of rounds with the smallest and the largest; a ratio is taken round by round. Trust
ratios: the machine's pace changes, and both sides of a ratio saw the same moment.
"""

from __future__ import annotations

import sys

from benchmarks.compare import answering, building, commands, encoding, holding, options, report, starting
from benchmarks.compare.figures import Result
from benchmarks.compare.rounds import Measurement, measure

MEASUREMENTS: tuple[Measurement, ...] = (
    starting.START,
    *answering.QUERIES,
    *answering.FRAMES,
    encoding.ENCODING,
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
    """Measure, print the table, write the files; 1 if a goal is missed by 25 % or more, 130 by Ctrl-C."""
    chosen = options.parse("go", __doc__, arguments, [item.name for item in MEASUREMENTS])
    results: list[Result] = []
    try:
        with options.run(chosen) as run:
            wanted = [item for item in MEASUREMENTS if not chosen.only or item.name in chosen.only]
            results.extend(measure(wanted, run))
    except KeyboardInterrupt:
        return 130
    finally:
        report.write(chosen, results)  # also what was done before a failure
    return int(any(result.verdict().startswith("missed") for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
