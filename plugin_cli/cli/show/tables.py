"""Query results for people: a plot of each time series and a table of the rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plugin_cli.cli.show.plot import plot_lines

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from plugin_sdk import Field, Frame
    from plugin_sdk.client import LogLine, QueryResult

_ROWS = 10


def show_log(line: LogLine) -> None:
    """Write one log line of the backend to stderr."""
    fields = " ".join(f"{key}={value}" for key, value in line.fields.items() if key != "stack")
    sys.stderr.write(f"{line.level:<5} {line.message} {fields}".rstrip() + "\n")
    if line.fields.get("stack"):
        sys.stderr.write(str(line.fields["stack"]).rstrip() + "\n")


def results_lines(results: Mapping[str, QueryResult]) -> list[RenderableType]:
    """Return every answer for people: errors in words, frames as plot and table."""
    lines: list[RenderableType] = []
    for ref_id, result in results.items():
        if result.error:
            source = result.error_source.value if result.error_source else "plugin"
            lines.append(f"{ref_id}: error ({source}, {result.status}): {result.error}")
        if not result.frames and not result.error:
            lines.append(f"{ref_id}: no data")
        for frame in result.frames:
            lines += _frame_lines(ref_id, frame)
    return lines


def _frame_lines(ref_id: str, frame: Frame) -> list[RenderableType]:
    rows = len(frame.fields[0].values) if frame.fields else 0
    columns = [list(field.values) for field in frame.fields]
    return [
        f"{ref_id}: {frame.name or 'frame'}, {len(frame.fields)} fields, {rows} rows",
        *_plots(frame, columns, shutil.get_terminal_size().columns),
        *([_table(frame, columns, rows)] if rows else []),
    ]


def _table(frame: Frame, columns: Sequence[Sequence[Any]], rows: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False)
    for field in frame.fields:
        table.add_column(Text(_title(field)))
    shown = range(rows) if rows <= _ROWS else [*range(_ROWS // 2), *range(rows - _ROWS // 2, rows)]
    for count, row in enumerate(shown):
        if rows > _ROWS and count == _ROWS // 2:
            table.add_row(*["..." for _ in columns])
        table.add_row(*[Text(_cell(column[row])) for column in columns])
    return table


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
