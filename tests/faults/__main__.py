"""Do all faults of a developer's machine and write their table into docs/faults.md.

`python -m tests.faults --tries 20`; as root on Linux, for it mounts disks and takes the network away.
"""

from __future__ import annotations

import argparse
import sys
from itertools import chain

from tests.built_plugin import ROOT
from tests.faults.machine import COMMANDS, Row, kills, plugin
from tests.faults.shortages import ON_FULL_DISKS, full_disks, no_network
from tests.faults.table import table, write


def main() -> None:
    """Do all faults, print the table and what did not heal, and write the table into the docs."""
    options = argparse.ArgumentParser()
    options.add_argument("--tries", type=int, default=20)
    options.add_argument("--seed", type=int, default=15)
    options.add_argument("--only", default="", help="a part of the command's name; the docs stay as they are")
    given = options.parse_args()
    rows: list[Row] = []
    with plugin() as root:
        chosen = [command.name for command in COMMANDS if given.only in command.name]
        disks = [name for name in ON_FULL_DISKS if given.only in name]
        for row in chain(
            kills(root, given.tries, chosen, given.seed),
            full_disks(root, range(2, 2 + 6 * given.tries, 6), disks),
            no_network(root, max(1, given.tries // 5)) if given.only in "the first query" else (),
        ):
            rows.append(row)
            sys.stderr.write(f"{row}\n")
    sys.stdout.write(table(rows) + "\n")
    if not given.only:
        write(rows, ROOT / "docs" / "faults.md")
    sys.exit(any(row.problems for row in rows))


if __name__ == "__main__":
    main()
