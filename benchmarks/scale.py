"""How time and memory grow with rows, columns, queries in flight, channels, data sources, and the bundle.

    scripts/bench scale [--only NAME...] [--quick] [--rounds N] [--json FILE] [--markdown FILE]

Each step has processes of its own, of both plugins in turns.
"""

from __future__ import annotations

import sys

from benchmarks.compare import options
from benchmarks.compare.growth import GROWTHS, sizes
from benchmarks.compare.table import Table


def main(arguments: list[str]) -> int:
    """Measure and print."""
    names = [*(growth.name for growth in GROWTHS), "size"]
    chosen = options.parse("scale", __doc__, arguments, names)
    wanted = chosen.only or names
    tables: list[Table] = []
    try:
        with options.run(chosen) as run:
            tables.extend(growth.table(run) for growth in GROWTHS if growth.name in wanted)
            tables.extend([sizes(run)] if "size" in wanted else [])
    finally:
        options.write(chosen, tables)  # also what was done before a failure
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
