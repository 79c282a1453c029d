"""Results as a table for the terminal, as Markdown for the documentation, and as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.compare.figures import Result

_TITLES = ("figure", "Python", "Go", "other", "ratio", "goal", "verdict")
_NAMES = {"hello": "PyInstaller hello", "typer": "bare Typer", "pyarrow": "pyarrow"}


def row(result: Result) -> list[str]:
    """Return the cells of one line: medians, in brackets the spread of the rounds."""
    others = [name for name in result.values if name not in ("python", "go")]
    ratios = result.ratios()
    goal = result.figure.goal
    unit = f" [{result.figure.unit}]" if result.figure.unit else ""
    return [
        result.figure.title + unit,
        _cell(result.values.get("python", [])),
        _cell(result.values.get("go", [])),
        ", ".join(f"{_NAMES.get(name, name)} {_cell(result.values[name])}" for name in others),
        f"{_cell(ratios)}{' of ' + result.peer if result.peer not in ('', 'go') else ''}" if ratios else "",
        str(goal).replace("hello", "PyInstaller hello").replace("typer", "bare Typer") if goal else "",
        result.verdict(),
    ]


def _cell(values: Sequence[float]) -> str:
    if not values:
        return ""
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    spread = f" ({_number(ordered[0])}..{_number(ordered[-1])})" if len(ordered) > 1 else ""
    return _number(middle) + spread


def _number(value: float) -> str:
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def machine() -> str:
    """Return what the figures were taken on."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def table(results: Sequence[Result]) -> str:
    """Return the results in columns."""
    rows = [list(_TITLES), *(row(result) for result in results)]
    widths = [max(len(line[column]) for line in rows) for column in range(len(_TITLES))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in rows
    )


def markdown(results: Sequence[Result]) -> str:
    """Return the results as a table for the documentation."""
    lines = [_line(_TITLES), _line(["---"] * len(_TITLES)), *(_line(row(result)) for result in results)]
    return "\n".join([f"Measured on {machine()}.", "", *lines, ""])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(results: Sequence[Result]) -> str:
    """Return every round of every subject, with goals and verdicts."""
    return json.dumps({"machine": machine(), "results": [_entry(result) for result in results]}, indent=1)


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


def write(results: Sequence[Result], json_file: Path | None, markdown_file: Path | None) -> None:
    """Print the table and write the files that were asked for."""
    sys.stdout.write(table(results) + "\n")
    if json_file:
        json_file.write_text(as_json(results) + "\n")
    if markdown_file:
        markdown_file.write_text(markdown(results))
