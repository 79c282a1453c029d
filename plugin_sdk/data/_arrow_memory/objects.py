"""Arrow values as Python objects, for types without a memory layout in Grafana."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from plugin_sdk.data._arrow_memory.c_interface import CArray, CSchema, memory, metadata
from plugin_sdk.data._column import TYPE_CODES, unpack_bits
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field_type import FieldType

PER_SECOND = {"s": 1, "m": 10**3, "u": 10**6, "n": 10**9}
FIXED = {
    "c": FieldType.INT8,
    "C": FieldType.UINT8,
    "s": FieldType.INT16,
    "S": FieldType.UINT16,
    "i": FieldType.INT32,
    "I": FieldType.UINT32,
    "l": FieldType.INT64,
    "L": FieldType.UINT64,
    "f": FieldType.FLOAT32,
    "g": FieldType.FLOAT64,
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Slice:
    """Some rows of one array; a batch may start anywhere in its columns."""

    def __init__(self, schema: CSchema, array: CArray, start: int, length: int) -> None:
        self.schema, self.array, self.start, self.length = schema, array, start, length
        self.format = (schema.format or b"").decode()

    def child(self, index: int, start: int, length: int) -> Slice:
        """Return rows of a child; the child's own offset is added."""
        array = self.array.children[index].contents
        return Slice(self.schema.children[index].contents, array, array.offset + start, length)

    def fixed(self, size: int) -> memoryview:
        """Return the memory of the values, for a type of `size` bytes."""
        return memory(self.array, 1, self.start * size, self.length * size)

    def validity(self) -> bytes | None:
        """Return bytes of 0 and 1, or None if no row is null."""
        if self.format == "n":
            return bytes(self.length)
        if self.array.null_count == 0 or not self.array.buffers[0]:
            return None
        bitmap = memory(self.array, 0, 0, (self.start + self.length + 7) // 8)
        return unpack_bits(bitmap, self.start, self.length)


def objects(part: Slice) -> list[Any]:
    """Return the rows as Python objects, with None for null."""
    if part.length == 0:
        return []
    values = _dictionary(part) if part.schema.dictionary else _reader(part)(part)
    valid = part.validity()
    if valid is None:
        return values
    return [value if ok else None for value, ok in zip(values, valid, strict=True)]


def _reader(part: Slice) -> Callable[[Slice], list[Any]]:
    extension = metadata(part.schema).get(b"ARROW:extension:name", b"")
    kind = "uuid" if extension == b"arrow.uuid" else part.format
    for prefix, reader in _READERS.items():
        if kind.startswith(prefix):
            return reader
    raise FrameError(f"Arrow's type {kind!r} has no field type")


def _numbers(part: Slice) -> list[Any]:
    code = TYPE_CODES[FIXED[part.format]]
    return array(code, bytes(part.fixed(struct.calcsize(code)))).tolist()


def _dictionary(part: Slice) -> list[Any]:
    words = part.array.dictionary.contents
    values = objects(Slice(part.schema.dictionary.contents, words, words.offset, words.length))
    valid = part.validity()
    indices = _numbers(part)
    if valid is not None:  # the index of a null is undefined
        return [values[index] if ok else None for index, ok in zip(indices, valid, strict=True)]
    return [values[index] for index in indices]


def _halves(part: Slice) -> list[Any]:
    return [value for (value,) in struct.iter_unpack("<e", part.fixed(2))]


def _flags(part: Slice) -> list[Any]:
    bitmap = memory(part.array, 1, 0, (part.start + part.length + 7) // 8)
    return list(map(bool, unpack_bits(bitmap, part.start, part.length)))


def edges_of(part: Slice) -> memoryview[int]:
    """Return the offsets of text, binary and lists, with 32 or 64 bits; one more than there are rows."""
    size = 8 if part.format in ("U", "Z", "+L") else 4
    edges = memory(part.array, 1, part.start * size, (part.length + 1) * size)
    return edges.cast("q") if size == 8 else edges.cast("i")


def _strings(part: Slice) -> list[Any]:
    return [raw.decode() for raw in _binaries(part)]


def _binaries(part: Slice) -> list[bytes]:
    edges = edges_of(part)
    data = memory(part.array, 2, 0, edges[-1])
    return [bytes(data[start:end]) for start, end in pairwise(edges)]


def views(part: Slice) -> list[bytes]:
    """Return the values of a view type: short ones are inline, long ones in one of several buffers."""
    heads = part.fixed(16)
    valid = part.validity() or b"\1" * part.length
    found = []
    for row, (size, _, index, offset) in enumerate(struct.iter_unpack("<iIii", heads)):
        if not valid[row]:
            found.append(b"")
        elif size <= 12:
            found.append(bytes(heads[16 * row + 4 : 16 * row + 4 + size]))
        else:
            found.append(bytes(memory(part.array, 2 + index, offset, size)))
    return found


def _decimals(part: Slice) -> list[Any]:
    """Return decimals as floats: whole numbers divided by a power of ten, which rounds correctly."""
    _, scale, bits = [*(int(number) for number in part.format[2:].split(",")), 128][:3]
    raw = bytes(part.fixed(bits // 8))
    wide = range(0, len(raw), bits // 8)
    whole = [int.from_bytes(raw[at : at + bits // 8], "little", signed=True) for at in wide]
    return [number / 10**scale if scale >= 0 else float(number * 10**-scale) for number in whole]


def _integers(part: Slice, size: int) -> list[int]:
    return part.fixed(size).cast("i" if size == 4 else "q").tolist()


def _dates(part: Slice) -> list[Any]:
    days = part.format == "tdD"
    return [
        _EPOCH + (timedelta(days=count) if days else timedelta(milliseconds=count))
        for count in _integers(part, 4 if days else 8)
    ]


def _times_of_day(part: Slice) -> list[Any]:
    unit = part.format[2]
    return [_clock(count, PER_SECOND[unit]) for count in _integers(part, 4 if unit in "sm" else 8)]


def _clock(count: int, per_second: int) -> str:
    seconds, rest = divmod(count, per_second)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return text if not rest else text + f".{rest * (10**9 // per_second):09}".rstrip("0")


def _durations(part: Slice) -> list[Any]:
    per_second = PER_SECOND[part.format[2]]
    return [count / per_second for count in _integers(part, 8)]


def _timestamps(part: Slice) -> list[Any]:
    """Return texts, since these values are inside JSON."""
    per_second = PER_SECOND[part.format[2]]
    return [_iso(*divmod(count, per_second), per_second) for count in _integers(part, 8)]


def _iso(seconds: int, rest: int, per_second: int) -> str:
    day = (_EPOCH + timedelta(days=seconds // 86400)).date().isoformat()
    return f"{day}T{_clock(seconds % 86400 * per_second + rest, per_second)}Z"


def _lists(part: Slice) -> list[Any]:
    edges = edges_of(part)
    items = objects(part.child(0, edges[0], edges[-1] - edges[0]))
    base = edges[0]
    return [items[start - base : end - base] for start, end in pairwise(edges)]


def _fixed_lists(part: Slice) -> list[Any]:
    size = int(part.format[3:])
    items = objects(part.child(0, part.start * size, part.length * size))
    return [items[row * size : (row + 1) * size] for row in range(part.length)]


def _structs(part: Slice) -> list[Any]:
    count = part.schema.n_children
    children = [part.child(index, part.start, part.length) for index in range(count)]
    names = [(child.schema.name or b"").decode() for child in children]
    columns = [objects(child) for child in children]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _maps(part: Slice) -> list[Any]:
    rows = _lists(part)
    return [dict(tuple(entry.values()) for entry in row) for row in rows]


def _uuids(part: Slice) -> list[Any]:
    raw = bytes(part.fixed(16))
    return [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw), 16)]


# By the start of Arrow's format string; a longer prefix must come before a shorter one that it starts with.
_READERS: dict[str, Callable[[Slice], list[Any]]] = {
    "uuid": _uuids,
    "n": lambda part: [None] * part.length,
    "b": _flags,
    "e": _halves,
    "vu": lambda part: [raw.decode() for raw in views(part)],
    "u": _strings,
    "U": _strings,
    "d:": _decimals,
    "td": _dates,
    "tt": _times_of_day,
    "tD": _durations,
    "ts": _timestamps,
    "+l": _lists,
    "+L": _lists,
    "+w": _fixed_lists,
    "+s": _structs,
    "+m": _maps,
    **dict.fromkeys(FIXED, _numbers),
}
