"""Columns as lists of Python values."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from plugin_sdk._json_text import loads
from plugin_sdk.data._column import TYPE_CODES, Column, Late, Piece, size_of, unpack_bits
from plugin_sdk.data.field_type import FieldType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_list(column: Column) -> list[Any]:
    """Return the values: None for null, datetimes in UTC (truncated to microseconds), parsed JSON."""
    values = raw_list(column)
    if column.type is FieldType.TIME:
        microseconds = timedelta(microseconds=1)
        return _map(values, lambda instant: _EPOCH + microseconds * (instant // 1000))
    if column.type is FieldType.JSON:
        return _map(values, loads)
    return values


def raw_list(column: Column) -> list[Any]:
    """Return the values as `to_list` does, but times as nanoseconds and JSON as bytes."""
    if column.length == 0:
        return []
    data = b"".join(map(_bytes, column.data))
    values = _values(column, data)
    if column.validity is None:
        return values
    valid = unpack_bits(column.validity, 0, column.length)
    return [value if ok else None for value, ok in zip(values, valid, strict=True)]


def first_and_last(column: Column) -> tuple[Any, Any]:
    """Return the first and last value of a fixed-width column with rows, without converting the others."""
    ends = (column.data[0], column.data[-1])
    first, last = (memoryview(_bytes(one) if isinstance(one, Late) else one) for one in ends)
    code: Any = TYPE_CODES[column.type]
    return first.cast("B").cast(code)[0], last.cast("B").cast(code)[-1]


def _values(column: Column, data: bytes) -> list[Any]:
    if column.type is FieldType.BOOL:
        return list(map(bool, unpack_bits(data, 0, column.length)))
    if column.offsets is None:
        return array(TYPE_CODES[column.type], data).tolist()
    edges = memoryview(column.offsets).cast("B").cast("i").tolist()
    pairs = pairwise(edges)
    if column.type is FieldType.STRING and data.isascii():  # then text can be sliced by byte offsets
        text = data.decode()
        return [text[start:end] for start, end in pairs]
    if column.type is FieldType.STRING:
        return [data[start:end].decode() for start, end in pairs]
    return [data[start:end] for start, end in pairs]


def _bytes(piece: Piece) -> bytes:
    if isinstance(piece, Late):
        target = bytearray(size_of(piece))
        piece.fill(memoryview(target))
        return bytes(target)
    return bytes(piece)


def _map(values: list[Any], change: Any) -> list[Any]:
    return [None if value is None else change(value) for value in values]
