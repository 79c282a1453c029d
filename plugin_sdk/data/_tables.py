"""Fields of anything tabular: rows here, the tables of each library in its own module."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from plugin_sdk.data._convert import source
from plugin_sdk.data._named_times import with_named_time
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import Field

_EXPECTED = (
    "a Frame, a list of frames, a dict of columns, rows, a cursor, "
    "or a table of numpy, pandas, polars or Arrow"
)
_HINTS = {
    "coroutine": "; await it, or make the handler async",
    "async_generator": "; collect what it yields in a list",
}


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
    if library == "polars" and not source.is_arrow(table):
        raise source.not_a_table(table)
    if source.is_arrow(table):
        from plugin_sdk.data._convert import arrow

        return _fields(arrow.named_values(table))
    return _fields_of_python(table)


def _fields(columns: Iterable[source.NamedValues]) -> list[Field]:
    return [Field(name, values, labels=labels) for name, values, labels in columns]


def _fields_of_python(table: Any) -> list[Field]:
    if isinstance(table, Mapping):
        if table and all(map(source.is_series, table.values())):
            from plugin_sdk.data._convert import pandas

            joined = pandas.of_series(table)
            if joined is not None:
                return _fields(joined)
        return [_field(name, values) for name, values in table.items()]
    if hasattr(table, "fetchall") and hasattr(table, "description"):
        return fields_of_cursor(table)
    if hasattr(table, "fetchall") and hasattr(table, "keys"):  # SQLAlchemy's result
        rows = [tuple(row) for row in table.fetchall()]
        return with_named_time(fields_of_rows(rows, list(table.keys())), is_sql=True)
    if _has_names(table) and not isinstance(table, type):
        raise FrameError(f"{shown(table)} is one row; expected a list of rows")
    if isinstance(table, str | bytes | bytearray | type) or not isinstance(table, Iterable):
        hint = _HINTS.get(type(table).__name__, "")
        raise FrameError(f"{shown(table)} is not a table; expected {_EXPECTED}{hint}")
    return fields_of_rows(source.read_all(table))


def _field(name: Any, values: Any) -> Field:
    """Return one column of a dict as a field, unless it is one already."""
    if isinstance(values, Field):
        return values
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        problem = f"is {shown(values)}; expected a list of values (for one row: a list of one dict)"
        raise FrameError(problem, field=str(name))
    return Field(str(name), values)


def fields_of_rows(rows: Sequence[Any], columns: Sequence[str] | None = None) -> list[Field]:
    """Return the fields of tuples, dicts, dataclasses, named tuples, database rows or pydantic models."""
    names = list(columns) if columns is not None else _names(rows)
    values = _by_name(rows, names) if _has_names(rows[0] if rows else None) else _by_place(rows, names)
    return [Field(_column_name(name), held) for name, held in zip(names, values, strict=True)]


def fields_of_cursor(cursor: Any) -> list[Field]:
    """Return the fields of a DB-API cursor with a result, named as in its description."""
    names = [description[0] for description in cursor.description or ()]
    if not names:
        raise FrameError("the cursor has no result; execute a SELECT first")
    fields = fields_of_rows(list(map(tuple, map(_cells, cursor.fetchall()))), names)
    return with_named_time(fields, is_sql=True)


def _cells(row: Any) -> Any:
    return row.values() if isinstance(row, Mapping) else row


def _names(rows: Sequence[Any]) -> list[Any]:
    """Return all names in order of appearance; a dict may lack some of them."""
    if set(map(type, rows)) == {dict}:
        return list(dict.fromkeys(chain.from_iterable(rows)))
    names: dict[Any, None] = {}
    for index, row in enumerate(rows):
        cells = _named(row)
        if cells is None:
            raise FrameError(
                f'{shown(row)} has no column names; expected a dict, or Frame.from_rows(rows, ["name", ...])',
                row=index,
            )
        names.update(dict.fromkeys(cells))
    return list(names)


def _has_names(row: Any) -> bool:
    return _named(row) is not None


def _named(row: Any) -> Mapping[Any, Any] | None:
    """Return a row as a mapping, or None if its values have no names."""
    if isinstance(row, Mapping):
        return row
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    if isinstance(getattr(row, "_mapping", None), Mapping):  # SQLAlchemy
        return dict(row._mapping)
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return dict(zip(row._fields, row, strict=True))
    if hasattr(row, "keys") and hasattr(row, "__getitem__"):  # sqlite3.Row
        return {name: row[name] for name in row.keys()}  # noqa: SIM118  # it iterates over values
    if isinstance(getattr(type(row), "model_fields", None), Mapping):  # pydantic
        return {name: getattr(row, name) for name in type(row).model_fields}
    return None


def _by_name(rows: Sequence[Any], names: list[Any]) -> list[list[Any]]:
    if set(map(type, rows)) == {dict}:
        return [_cells_of(rows, name) for name in names]
    mappings = [_named(row) for row in rows]
    for index, mapping in enumerate(mappings):
        if mapping is None:
            raise FrameError(f"{shown(rows[index])} has no column names, unlike row 0", row=index)
    return [[mapping.get(name) for mapping in mappings if mapping is not None] for name in names]


def _cells_of(rows: Sequence[dict[Any, Any]], name: Any) -> list[Any]:
    """Return the values of one key; a loop in C if every dict has it."""
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


def _by_place(rows: Sequence[Any], names: list[Any]) -> list[Sequence[Any]]:
    for index, row in enumerate(rows):
        if isinstance(row, str | bytes) or not isinstance(row, Sequence):
            raise FrameError(f"{shown(row)} is not a row; expected a tuple", row=index)
        if len(row) != len(names):
            raise FrameError(f"has {len(row)} values; expected {len(names)}, one for each column", row=index)
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names]


def _column_name(name: Any) -> str:
    return name if isinstance(name, str) else str(name)
