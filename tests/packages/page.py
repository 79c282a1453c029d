"""Writes the page of the documentation from the results."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.packages.package_set import PackageSet
from tests.packages.prove import Outcome

_INTRODUCTION = """\
# Packages

What the dependencies of a plugin bring goes into its bundle whole, and works there as from source. The table
is the proof: each set is declared by a plugin, built, and asked over gRPC with an empty environment on another
path, by ten lines that do real work with it; its answer must be that of the same code run from source, and the
one written down beforehand. Sets marked "root" were also asked on a root that holds nothing but the plugin.

`scripts/test packages --page` makes the table; it goes on where it stopped. `tests/packages/sets/` has the code.
Build and first query are seconds on a machine of two cores that was busy with other work, several times what they
are alone; processor seconds, of the whole try, are not changed by that. The environment held another set before.
Sets without a row were not tried yet.

"""


def write_page(path: Path, sets: tuple[PackageSet, ...], results: Mapping[str, Outcome]) -> None:
    """Write the table of every set that has a result for its present text."""
    known = [
        (case, results[case.name])
        for case in sets
        if case.name in results and results[case.name].digest == case.digest
    ]
    right = sum(outcome.verdict == "right" for _, outcome in known)
    today = datetime.now(UTC).date()
    lines = [
        f"{right} of {len(sets)} sets right; {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {today}.",
        "",
        "| set | packages | processor | build | size | first query | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(case, outcome) for case, outcome in known]
    path.write_text(_INTRODUCTION + "\n".join(lines) + "\n")


def _row(case: PackageSet, outcome: Outcome) -> str:
    packages = ", ".join(case.packages).replace("|", "\\|")
    verdict = {"right": "right", "wrong": "wrong", "cannot": "cannot work"}[outcome.verdict]
    verdict += ", root" if outcome.root and outcome.verdict == "right" else ""
    verdict += f", {outcome.zip_megabytes:.0f} MB zipped" if outcome.zip_megabytes else ""
    verdict += f": {outcome.note}".replace("|", "\\|") if outcome.note else ""
    processor = f"{outcome.processor_seconds:.0f} s" if outcome.processor_seconds else "-"
    return (
        f"| {case.name} | {packages} | {processor} | {outcome.build_seconds:.0f} s "
        f"| {outcome.megabytes:.0f} MB | {outcome.query_seconds:.1f} s | {verdict} |"
    )
