"""Columns of Arrow buffers from one or more batches, with every length and offset checked."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from plugin_sdk.data import _json_text
from plugin_sdk.data._column import TYPE_CODES, VARIABLE_WIDTH, Column, pack_bits, unpack_bits
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field_type import FieldType

Chunk = tuple[int, Sequence[memoryview]]  # rows, and validity, (offsets,) data


def column_of(kind: FieldType, nullable: bool, chunks: list[Chunk]) -> Column:
    """Return the chunks as one column."""
    length = sum(rows for rows, _ in chunks)
    validity, null_count = _validity(chunks)
    if null_count and not nullable:
        raise FrameError("null in a field that is not nullable")
    if kind in VARIABLE_WIDTH:
        column = _variable(kind, chunks)
    elif kind is FieldType.BOOL:
        flags = b"".join(_bits(buffers[1], rows) for rows, buffers in chunks)
        column = Column(kind, length, (pack_bits(flags),))
    else:
        size = array(TYPE_CODES[kind]).itemsize
        column = Column(kind, length, [_part(buffers[1], rows * size) for rows, buffers in chunks])
    return Column(kind, length, column.data, column.offsets, validity, null_count)


def _part(buffer: memoryview, size: int) -> memoryview:
    if len(buffer) < size:
        raise FrameError(f"has {len(buffer)} bytes of values; expected {size}")
    return buffer[:size]


def _bits(buffer: memoryview, rows: int) -> bytes:
    return unpack_bits(_part(buffer, (rows + 7) // 8), 0, rows)


def _validity(chunks: list[Chunk]) -> tuple[bytes | None, int]:
    if not any(len(buffers[0]) for _, buffers in chunks):
        return None, 0
    flags = b"".join(_bits(buffers[0], rows) if len(buffers[0]) else b"\1" * rows for rows, buffers in chunks)
    null_count = flags.count(0)
    return (pack_bits(flags), null_count) if null_count else (None, 0)


def _variable(kind: FieldType, chunks: list[Chunk]) -> Column:
    offsets = array("i", [0])
    pieces = []
    for rows, (validity, raw_offsets, data) in chunks:
        edges = _edges(raw_offsets, rows, len(data))
        base = offsets[-1] - edges[0]
        offsets.extend(edges[1:] if base == 0 else array("i", [edge + base for edge in edges[1:]]))
        used = data[edges[0] : edges[-1]]
        _check_values(kind, used, edges, validity)
        pieces.append(used)
    return Column(kind, len(offsets) - 1, pieces, offsets)


def _edges(raw: memoryview, rows: int, size: int) -> array[int]:
    if rows == 0:
        return array("i", [0])
    edges = array("i", bytes(_part(raw, 4 * (rows + 1))))
    if edges[0] < 0 or edges[-1] > size or any(map(int.__gt__, edges, edges[1:])):
        raise FrameError("the offsets of its values are out of order")
    return edges


def _check_values(kind: FieldType, data: memoryview, edges: array[int], validity: memoryview) -> None:
    """Raise FrameError unless every value is UTF-8 and, in a JSON field, JSON or null."""
    rows, start = len(edges) - 1, edges[0]
    if kind is FieldType.STRING and bytes(data).isascii():
        return
    valid = _bits(validity, rows) if len(validity) else b"\1" * rows
    for row in range(rows):
        if not valid[row]:
            continue
        value = bytes(data[edges[row] - start : edges[row + 1] - start])
        try:
            value.decode() if kind is FieldType.STRING else _json_text.check_json(value)
        except UnicodeDecodeError as error:
            raise FrameError("contains text that is not UTF-8", row=row) from error
        except FrameError as error:
            raise FrameError(error.problem, row=row) from error
