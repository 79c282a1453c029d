"""Query results for people: a plot of each time series and a table of the rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plugin_cli.cli._plot import plot_lines

if TYPE_CHECKING:
    from plugin_sdk import Field, Frame
    from plugin_sdk.testing import LogLine, QueryResult

_ROWS = 10


def show_log(line: LogLine) -> None:
    """Write one log line of the backend to stderr."""
    fields = " ".join(f"{key}={value}" for key, value in line.fields.items() if key != "stack")
    sys.stderr.write(f"{line.level:<5} {line.message} {fields}".rstrip() + "\n")
    if line.fields.get("stack"):
        sys.stderr.write(str(line.fields["stack"]).rstrip() + "\n")


def show_results(results: Mapping[str, QueryResult]) -> None:
    """Write every answer to stdout: errors in words, frames as plot and table."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    for ref_id, result in results.items():
        if result.error:
            source = result.error_source.value if result.error_source else "plugin"
            console.print(
                f"{ref_id}: error ({source}, {result.status}): {result.error}", markup=False, soft_wrap=True
            )
        if not result.frames and not result.error:
            console.print(f"{ref_id}: no data")
        for frame in result.frames:
            _show_frame(console, ref_id, frame)


def _show_frame(console: Any, ref_id: str, frame: Frame) -> None:
    from rich.table import Table

    rows = len(frame.fields[0].values) if frame.fields else 0
    console.print(f"{ref_id}: {frame.name or 'frame'}, {len(frame.fields)} fields, {rows} rows", markup=False)
    columns = [list(field.values) for field in frame.fields]
    for line in _plots(frame, columns, console.width):
        console.print(line, markup=False)
    table = Table(show_edge=False)
    for field in frame.fields:
        table.add_column(_title(field))
    shown = range(rows) if rows <= _ROWS else [*range(_ROWS // 2), *range(rows - _ROWS // 2, rows)]
    for count, row in enumerate(shown):
        if rows > _ROWS and count == _ROWS // 2:
            table.add_row(*["..." for _ in columns])
        table.add_row(*[_cell(column[row]) for column in columns])
    if rows:
        console.print(table)


def _plots(frame: Frame, columns: Sequence[Sequence[Any]], width: int) -> list[str]:
    times = [at for at, field in enumerate(frame.fields) if field.type.value == "time"]
    if not times:
        return []
    lines: list[str] = []
    for at, field in enumerate(frame.fields):
        numbers = [float(value) for value in columns[at] if _is_number(value)]
        if at not in times and len(numbers) > 1:
            lines += plot_lines(numbers, width=min(width, 80), title=_title(field))
    return lines


def _title(field: Field) -> str:
    labels = ", ".join(f"{key}={value}" for key, value in (field.labels or {}).items())
    return f"{field.name} {{{labels}}}" if labels else field.name


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)
