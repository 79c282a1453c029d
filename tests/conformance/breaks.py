"""Runs each item's tests against a runtime with that item's deliberate break; they must fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.build import ROOT, program
from tests.conformance.items import FAULTS, ITEMS

FOLDER = ROOT / "conformance" / "breaks"
AT_ONCE = 2
_NUMBER = re.compile(r"(\D*)(\d+)([a-e]?)")


def file_of(item: str) -> Path:
    """Return the break of an item: `65b` has item_065b.py, `F5` has fault_05.py."""
    match = _NUMBER.fullmatch(item)
    assert match is not None, item
    return FOLDER / (f"fault_{int(match[2]):02}.py" if match[1] else f"item_{int(match[2]):03}{match[3]}.py")


def tests_of(item: str) -> str:
    """Return what the names of an item's tests begin with."""
    path = file_of(item).stem
    return "test_" + path.replace("item_", "").replace("fault_", "f") + "_"


def seen(item: str) -> tuple[bool, str]:
    """Run one break; tell whether the item's tests failed, and how."""
    path = file_of(item)
    if not path.is_file():
        return False, "no break is written"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "--tb=line",
        "tests/conformance",
    ]
    done = subprocess.run(
        [*command, "-k", tests_of(item)],
        cwd=ROOT,
        env=os.environ | {"CONFORMANCE_BREAK": str(path)},
        capture_output=True,
        text=True,
    )
    summary = (done.stdout.strip().splitlines() or ["nothing was run"])[-1]
    # An error in a fixture would show any plugin that does not start, not this item's test.
    return re.search(r"\b[1-9]\d* failed", summary) is not None, summary


def run(write: Callable[[str], None], only: list[str]) -> bool:
    """Run all breaks and print a table; tell whether every one was noticed."""
    for name in ("host", "refplugin"):
        program(name)
    items = {item: title for item, title in (ITEMS | FAULTS).items() if not only or item in only}
    noticed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for item, (failed, summary) in zip(items, pool.map(seen, items), strict=True):
            noticed += failed
            lines = file_of(item).read_text().splitlines() if file_of(item).is_file() else [""]
            what = lines[0].strip('"')
            write(
                f"{item:>4}  {'noticed' if failed else 'NOT NOTICED':<11} {what}"
                + ("" if failed else f"  [{summary}]")
            )
    write(f"{noticed} of {len(items)} breaks noticed")
    return noticed == len(items)
