"""Results as a table of figures, and as JSON with every round."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.compare import calm, options
from benchmarks.compare.figures import Result
from benchmarks.compare.machine import machine, versions
from benchmarks.compare.page import put
from benchmarks.compare.table import Table, text

_NAMES = {
    "grpcio": "bare grpcio",
    "hello": "PyInstaller hello",
    "typer": "bare Typer",
    "create-plugin": "create-plugin",
}


def _named(name: str) -> str:
    return _NAMES.get(name, name.capitalize())


def table(results: Sequence[Result]) -> Table:
    """Return the results: medians, in brackets the spread of the rounds."""
    found = Table("Against Go", ("figure", "Python", "Go", "other", "ratio", "goal", "verdict"))
    for result in results:
        found.add(*_row(result))
    return found


def _row(result: Result) -> list[str]:
    unit = f" [{result.figure.unit}]" if result.figure.unit else ""
    others = {name: rounds for name, rounds in result.values.items() if name not in ("python", "go")}
    ratios, goal = result.ratios(), result.figure.goal
    of = f" of {_named(result.peer)}" if result.peer not in ("", "go") else ""
    peer = f" {_named(goal.peer)}" if goal and goal.peer else ""
    return [
        result.figure.title + unit,
        text(result.values.get("python", [])),
        text(result.values.get("go", [])),
        ", ".join(f"{_named(name)} {text(rounds)}" for name, rounds in others.items()),
        f"{text(ratios)}{of}{_mark(ratios)}" if ratios else "",
        f"{goal}{peer}" if goal else "",
        result.verdict(),
    ]


def _mark(ratios: list[float]) -> str:
    return " (unsteady)" if calm.is_unsteady(ratios) else ""


def write(chosen: argparse.Namespace, results: Sequence[Result]) -> None:
    """Print the table and write the files that were asked for."""
    found = table(results)
    sys.stdout.write(found.plain() + "\n")
    after = calm.look()
    state = {"before": str(chosen.before), "after": str(after), "busy": bool(after.reason)}
    if chosen.json:
        entries = {
            "machine": machine(),
            "versions": versions(),
            "state": state,
            "results": [_entry(result) for result in results],
        }
        chosen.json.write_text(json.dumps(entries, indent=1) + "\n")
    if chosen.markdown and options.page_is_allowed(chosen, after):
        put(chosen.markdown, chosen.name, f"{options.heading(chosen, after)}\n\n{found.markdown()}")


def _entry(result: Result) -> dict[str, Any]:
    figure = result.figure
    return {
        "group": result.group,
        "key": figure.key,
        "title": figure.title,
        "unit": figure.unit,
        "rounds": dict(result.values),
        "ratios": result.ratios(),
        "peer": result.peer,
        "goal": str(figure.goal) if figure.goal else None,
        "verdict": result.verdict(),
    }
