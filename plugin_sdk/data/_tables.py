"""Fields of anything tabular; each kind of table has its own module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugin_sdk.data._convert import source
from plugin_sdk.data._named_times import with_named_time
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import Field

_EXPECTED = (
    "a Frame, a list of frames, a dict of columns, rows, a cursor, "
    "or a table of numpy, pandas, polars or Arrow"
)


def fields_of(table: Any) -> list[Field]:
    """Return the fields of one table. Converters are imported on use, since most plugins need only one."""
    library = source.library_of(table)
    if library == "pandas":
        from plugin_sdk.data._convert import pandas

        return _fields(pandas.named_values(table))
    if library == "numpy":
        from plugin_sdk.data._convert import numpy

        return _fields(numpy.named_values(table))
    if library == "polars" and hasattr(table, "collect"):
        table = table.collect()
    if source.is_arrow(table):
        from plugin_sdk.data._convert import arrow

        return _fields(arrow.named_values(table))
    return _fields_of_python(table)


def _fields(columns: Iterable[source.NamedValues]) -> list[Field]:
    return [Field(name, values, labels=labels) for name, values, labels in columns]


def _fields_of_python(table: Any) -> list[Field]:
    from plugin_sdk.data._rows import fields_of_cursor, fields_of_rows

    if isinstance(table, Mapping):
        return [_field(name, values) for name, values in table.items()]
    if hasattr(table, "fetchall") and hasattr(table, "description"):
        return fields_of_cursor(table)
    if hasattr(table, "fetchall") and hasattr(table, "keys"):  # SQLAlchemy's result
        rows = [tuple(row) for row in table.fetchall()]
        return with_named_time(fields_of_rows(rows, list(table.keys())), is_sql=True)
    if isinstance(table, str | bytes | bytearray | type) or not isinstance(table, Iterable):
        raise FrameError(f"{shown(table)} is not a table; expected {_EXPECTED}")
    return fields_of_rows(source.read_all(table))


def _field(name: Any, values: Any) -> Field:
    """Return one column of a dict as a field, unless it is one already."""
    if isinstance(values, Field):
        return values
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        problem = f"is {shown(values)}; expected a list of values (for one row: a list of one dict)"
        raise FrameError(problem, field=str(name))
    return Field(str(name), values)
