"""`scripts/test packages [NAME...]`: build each set of packages in turn, ask it, and print how it went.

It goes on where it stopped: what was right stays so until its set changes. `--again` begins anew, `--quick`
takes the sets that every change is tried with, `--page` only writes docs/packages.md from what is known.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.built_plugin import ROOT
from tests.packages.package_set import PackageSet, read_sets
from tests.packages.page import write_page
from tests.packages.prove import CACHE, Outcome, prove

RESULTS = CACHE / "results.json"


def main() -> int:
    options = _options()
    if sys.platform != "linux":
        return _report_missing("the sets are built and asked on Linux")
    sets = read_sets()
    if options.page:
        write_page(ROOT / "docs" / "packages.md", sets, read_results())
        return 0
    chosen = _chosen(sets, options)
    results = {} if options.again else read_results()
    wrong = [case.name for case in chosen if not _is_right(case, results, options)]
    print(f"{len(chosen) - len(wrong)} passed, {len(wrong)} failed")
    if wrong:
        print(f"wrong: {' '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


def _report_missing(reason: str) -> int:
    """Say why nothing was tried, where scripts/test shows it."""
    print(f"0 passed, 0 failed: {reason}")
    if path := os.environ.get("TESTS_MISSING"):
        Path(path).write_text(reason)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/test packages", description=__doc__)
    parser.add_argument("names", nargs="*", help="names of sets; all where left out")
    parser.add_argument("--quick", action="store_true", help="those that every change is tried with")
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument(
        "--page", action="store_true", help="only write docs/packages.md from earlier results"
    )
    return parser.parse_args()


def _chosen(sets: tuple[PackageSet, ...], options: argparse.Namespace) -> list[PackageSet]:
    unknown = sorted(set(options.names) - {case.name for case in sets})
    if unknown:
        raise SystemExit(f"no such set: {' '.join(unknown)}; known: {' '.join(case.name for case in sets)}")
    return [
        case
        for case in sets
        if (not options.names or case.name in options.names) and (case.quick or not options.quick)
    ]


def _is_right(case: PackageSet, results: dict[str, Outcome], options: argparse.Namespace) -> bool:
    known = results.get(case.name)
    if known is not None and known.digest == case.digest and known.verdict != "wrong" and not options.names:
        return True
    started = time.monotonic()
    outcome = prove(case)
    if outcome.verdict == "wrong" and os.environ.get("CI"):
        print(f"once more: {case.name}: {outcome.note}", flush=True)  # a machine's bad moment is no verdict
        outcome = prove(case)
    results[case.name] = outcome
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    everything = read_results() | {case.name: outcome}
    RESULTS.write_text(json.dumps({name: item.to_json() for name, item in everything.items()}, indent=1))
    print(
        f"{outcome.verdict:6} {case.name:24} {outcome.build_seconds:6.1f} s {outcome.megabytes:7.1f} MB "
        f"{outcome.query_seconds:6.2f} s  {time.monotonic() - started:5.0f} s in all  {outcome.note}",
        flush=True,
    )
    return outcome.verdict != "wrong"


def read_results() -> dict[str, Outcome]:
    """Return what is known from earlier runs."""
    try:
        return {name: Outcome(**item) for name, item in json.loads(RESULTS.read_text()).items()}
    except (OSError, ValueError, TypeError):
        return {}


if __name__ == "__main__":
    sys.exit(main())
