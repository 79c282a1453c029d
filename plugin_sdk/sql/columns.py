"""Builds the columns of a frame from the parts of a result; no more than a part is held as Python objects."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from plugin_sdk.data._column import TYPE_CODES, VARIABLE_WIDTH, Column, offsets_of, pack_bits, size_of
from plugin_sdk.data._convert.python import column as column_of
from plugin_sdk.data._convert.to_python import raw_list, to_list
from plugin_sdk.data._named_times import with_named_time
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field import Field
from plugin_sdk.data.field_type import FieldType

ROWS_AT_ONCE = 8192
"""A multiple of eight, so that bitmaps of parts can be joined byte by byte."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


class Columns:
    """Collects parts of `ROWS_AT_ONCE` rows; only the last may be shorter.

    Args:
        names: of the columns; those that come twice get a number.
        times_in_texts: whether texts that look like times are times.
    """

    def __init__(self, names: Sequence[str], *, times_in_texts: bool) -> None:
        self._names = _unique(names)
        self._times_in_texts = times_in_texts
        self._parts: list[list[Column]] = [[] for _ in self._names]
        places = [place for place, name in enumerate(self._names) if name.lower() == "time"]
        self._named_time = places[0] if len(places) == 1 else None
        self.length = 0
        self.size = 0

    def add(self, rows: Sequence[Any]) -> None:
        """Take the next rows."""
        if not rows:
            return
        made = [self._column(values) for values in zip(*rows, strict=True)]
        self._name_time(made)
        for place, column in enumerate(made):
            self._parts[place].append(column)
            self.size += sum(size_of(piece) for buffers in column.pieces for piece in buffers)
        self.length += len(rows)

    def _column(self, values: Sequence[Any]) -> Column:
        if self._times_in_texts and _are_times(values):
            try:
                return column_of(values, FieldType.TIME)
            except FrameError:  # 2026-13-45 looks like a date
                pass
        return _column(values)

    def _name_time(self, made: list[Column]) -> None:
        """Convert the column called `time`, unless another is one already."""
        place = self._named_time
        if place is None or made[place].type is FieldType.TIME:
            return
        if any(column.type is FieldType.TIME for column in made):
            return
        field = Field("time", to_list(made[place]))
        (found,) = with_named_time([field], is_sql=True)
        if found is not field:
            made[place] = found.check().column

    def fields(self) -> list[Field]:
        """Return the fields of all that was added."""
        return [Field(name, _joined(parts)) for name, parts in zip(self._names, self._parts, strict=True)]


def _unique(names: Sequence[str]) -> list[str]:
    """Return the names with numbers for those that come again, as in `SELECT * FROM a JOIN b`."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return found


def _are_times(values: Sequence[Any]) -> bool:
    texts = [value for value in values if value is not None]
    return bool(texts) and all(isinstance(text, str) and _TIME.fullmatch(text) for text in texts)


def _column(values: Sequence[Any]) -> Column:
    """Return a column of what a driver returned; what no field type fits becomes numbers or text."""
    if any(type(value) in (bytes, bytearray, memoryview) for value in values):
        values = [_text_of_bytes(value) for value in values]
    try:
        return column_of(values, None)
    except (FrameError, OverflowError):
        pass
    if all(value is None or type(value) is int for value in values):  # beyond 64 bits
        return column_of([None if value is None else float(value) for value in values], None)
    return column_of([None if value is None else _text(value) for value in values], FieldType.STRING)


def _text_of_bytes(value: Any) -> Any:
    if not isinstance(value, bytes | bytearray | memoryview):
        return value
    raw = bytes(value)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "\\x" + raw.hex()
    return text if text.isprintable() else "\\x" + raw.hex()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _joined(parts: list[Column]) -> Column | list[Any]:
    if not parts:
        return []
    kind = _common(parts)
    made = [part if part.type is kind else _converted(part, kind) for part in parts]
    parts.clear()
    if len(made) == 1:
        return made[0]
    nulls = sum(part.null_count for part in made)
    return Column(
        kind,
        sum(part.length for part in made),
        [piece for part in made for piece in part.data],
        _offsets(made) if kind in VARIABLE_WIDTH else None,
        b"".join(_validity(part) for part in made) if nulls else None,
        nulls,
        unit=next((part.unit for part in made if part.unit), None),
    )


def _common(parts: Sequence[Column]) -> FieldType:
    """Return the type of all parts; those of nulls alone fit any."""
    kinds = {part.type for part in parts if part.null_count < part.length}
    if len(kinds) == 1:
        return kinds.pop()
    if not kinds:
        return parts[0].type
    numbers = {FieldType.INT64, FieldType.UINT64, FieldType.FLOAT64}
    return FieldType.FLOAT64 if kinds <= numbers else FieldType.STRING


def _converted(part: Column, kind: FieldType) -> Column:
    """Return a part in another type. All nulls become any; numbers become floats or text."""
    if part.null_count == part.length:
        return _nulls(part.length, kind)
    if kind is FieldType.FLOAT64:
        return column_of([None if value is None else float(value) for value in raw_list(part)], kind)
    return column_of([None if value is None else _text(value) for value in to_list(part)], kind)


def _nulls(length: int, kind: FieldType) -> Column:
    if kind in VARIABLE_WIDTH:
        data: bytes = b""
    elif kind is FieldType.BOOL:
        data = bytes((length + 7) // 8)
    else:
        data = bytes(length * array(TYPE_CODES[kind]).itemsize)
    offsets = offsets_of([0] * length) if kind in VARIABLE_WIDTH else None
    return Column(kind, length, (data,), offsets, pack_bits(bytes(length)), length)


def _validity(part: Column) -> bytes:
    return pack_bits(b"\1" * part.length) if part.validity is None else bytes(part.validity)


def _offsets(parts: Sequence[Column]) -> array[int]:
    """Return the offsets of texts that follow each other."""
    joined = array("i", [0])
    for part in parts:
        base = joined[-1]
        offsets = memoryview(part.offsets or bytes(4)).cast("B").cast("i")[1:]
        joined.extend(offsets if base == 0 else array("i", (base + offset for offset in offsets)))
    return joined
