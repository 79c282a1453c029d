"""Columns of the Arrow memory of pyarrow, polars, DuckDB or any other library, used without a copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plugin_sdk.data import _json_text
from plugin_sdk.data._arrow_memory.buffers import flags, instants, numbers, texts, validity
from plugin_sdk.data._arrow_memory.c_interface import CArray, CSchema, chunks_of, metadata
from plugin_sdk.data._arrow_memory.objects import FIXED, Slice, objects
from plugin_sdk.data._column import Column
from plugin_sdk.data._convert import python
from plugin_sdk.data._convert.python_types import Nanoseconds
from plugin_sdk.data._convert.source import NamedValues
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field_type import FieldType

# By the start of Arrow's format string: the field type of values that are converted through Python.
_THROUGH_PYTHON = {
    "n": FieldType.FLOAT64,
    "e": FieldType.FLOAT32,
    "d:": FieldType.FLOAT64,
    "tD": FieldType.FLOAT64,
    "td": FieldType.TIME,
    "tt": FieldType.STRING,
    "+": FieldType.JSON,
}


def named_values(table: Any) -> list[NamedValues]:
    """Return the columns of a table or of a stream of batches; a lone column is called value."""
    schema, batches, owner = chunks_of(table)
    if schema.format != b"+s":
        name = getattr(table, "name", None)  # a series of polars has one
        return [NamedValues(name if isinstance(name, str) and name else "value", column(table, None))]
    found = []
    for index in range(schema.n_children):
        name = (schema.children[index].contents.name or b"").decode(errors="replace")
        try:
            rows = [whole.child(index, whole.start, whole.length) for whole in _slices(schema, batches)]
            made = _column(schema.children[index].contents, rows, None)
        except _NoLayoutError as error:
            made = _of_objects(table, index, None, error.within(field=name))
        except FrameError as error:
            raise error.within(field=name) from error
        found.append(NamedValues(name, replace(made, owner=owner)))
    return found


class _NoLayoutError(FrameError):
    """An Arrow type that Grafana has no field for, such as run-end encoded values."""


def _of_objects(table: Any, index: int | None, requested: FieldType | None, error: FrameError) -> Column:
    """Return a column by the Python values that its library makes of a type that is not read here.

    Raises:
        FrameError: `error`, if the library is neither pyarrow nor polars.
    """
    package = type(table).__module__.partition(".")[0]
    if package not in ("pyarrow", "polars") or hasattr(table, "read_all"):
        raise error
    if index is not None:
        table = table.to_series(index) if package == "polars" else table.column(index)
    try:
        return python.column(table.to_list() if package == "polars" else table.to_pylist(), requested)
    except FrameError as reason:
        raise reason.within(field=error.field) from error


def field_type(values: Any) -> FieldType:
    """Return the field type of the column."""
    return column(values, None).type


def column(values: Any, requested: FieldType | None) -> Column:
    """Return an Arrow column of one or more chunks."""
    schema, chunks, owner = chunks_of(values)
    try:
        made = _column(schema, _slices(schema, chunks), requested)
    except _NoLayoutError as error:
        made = _of_objects(values, None, requested, error)
    return replace(made, owner=owner)


def _slices(schema: CSchema, arrays: list[CArray]) -> list[Slice]:
    return [Slice(schema, array, array.offset, array.length) for array in arrays if array.length]


def _column(schema: CSchema, parts: list[Slice], requested: FieldType | None) -> Column:
    """Return the parts as one column of the requested type."""
    text = (schema.format or b"").decode()
    extension = metadata(schema).get(b"ARROW:extension:name", b"").decode()
    if text in ("z", "Z", "vz") and requested is FieldType.JSON:
        extension = "arrow.json"
    found = _own_column(schema, text, extension, parts)
    if requested in (None, found.type):
        return found
    values = raw_list(found)
    if found.type is FieldType.TIME:
        values = [None if value is None else Nanoseconds(value) for value in values]
    return python.column(values, requested)


def _own_column(schema: CSchema, text: str, extension: str, parts: list[Slice]) -> Column:
    if schema.dictionary or extension == "arrow.uuid":
        return _through_python(parts, _kind_of_words(schema, bool(parts)))
    if extension == "arrow.bool8":
        flags_ = [None if one is None else bool(one) for part in parts for one in objects(part)]
        return python.column(flags_, FieldType.BOOL)
    bitmap, null_count = validity(parts)
    length = sum(part.length for part in parts)
    if text in FIXED:
        return Column(FIXED[text], length, numbers(parts), None, bitmap, null_count)
    if text == "b":
        return Column(FieldType.BOOL, length, (flags(parts),), None, bitmap, null_count)
    if text.startswith("ts"):
        return Column(FieldType.TIME, length, instants(parts), None, bitmap, null_count)
    if extension == "arrow.json" or text in ("u", "U", "vu"):
        kind = FieldType.JSON if extension == "arrow.json" else FieldType.STRING
        offsets, data = texts(parts)
        return _checked(Column(kind, length, data, offsets, bitmap, null_count))
    return _through_python(parts, _kind_of(text))


def _kind_of_words(schema: CSchema, has_rows: bool) -> FieldType | None:
    """Return the type of a dictionary's words, or of a UUID; None if the values decide."""
    words = (schema.dictionary.contents.format or b"") if schema.dictionary else b"u"
    if words.startswith((b"ts", b"td")):
        return FieldType.TIME  # the reader makes texts of instants
    return None if has_rows and schema.dictionary else FieldType.STRING


def _checked(column: Column) -> Column:
    """Check the values of a JSON column: one invalid value would break the whole response."""
    if column.type is FieldType.JSON:
        for row, raw in enumerate(raw_list(column)):
            if raw is not None:
                _check_json(row, raw)
    return column


def _check_json(row: int, raw: bytes) -> None:
    try:
        _json_text.check_json(raw)
    except FrameError as error:
        raise FrameError(error.problem, row=row) from error


def _through_python(parts: list[Slice], kind: FieldType | None) -> Column:
    try:
        values = [value for part in parts for value in objects(part)]
    except OverflowError as error:
        raise FrameError(f"a date is outside the years 1 to 9999: {error}") from error
    unit = "s" if parts and parts[0].format.startswith("tD") else None
    return replace(python.column(values, kind), unit=unit)


def _kind_of(text: str) -> FieldType:
    for prefix, kind in _THROUGH_PYTHON.items():
        if text.startswith(prefix) and not text.startswith(("+u", "+r", "+v")):
            return kind
    if text.startswith(("+", "_", "w:8")):
        raise _NoLayoutError(f"Arrow's type {text!r} has no field type; cast the column first")
    hint = "; binary has no field type, decode it to text first" if text[:1] in "zZvw" else ""
    raise FrameError(f"Arrow's type {text!r} has no field type{hint}")
