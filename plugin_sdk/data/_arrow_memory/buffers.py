"""Buffers of Arrow arrays in the layout of a file: used unchanged if possible, otherwise converted."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from typing import Any

from plugin_sdk.data._arrow_memory.c_interface import memory
from plugin_sdk.data._arrow_memory.objects import FIXED, PER_SECOND, Slice, edges_of, views
from plugin_sdk.data._column import (
    MAX_INT32,
    MAX_INT64,
    TYPE_CODES,
    Buffer,
    Late,
    Piece,
    offsets_of,
    scale,
)
from plugin_sdk.data.errors import FrameError


def validity(parts: Sequence[Slice]) -> tuple[bytes | None, int]:
    """Return the bitmap of all parts and the number of nulls; None if there are no nulls."""
    if not any(_has_bitmap(part) for part in parts):
        return None, 0
    bitmap, length = _joined_bits([_valid_bits(part) for part in parts], parts)
    null_count = length - bitmap.bit_count()
    return (bitmap.to_bytes((length + 7) // 8, "little"), null_count) if null_count else (None, 0)


def flags(parts: Sequence[Slice]) -> bytes:
    """Return the bitmap of a column of flags."""
    bitmap, length = _joined_bits([_bits(part, 1) for part in parts], parts)
    return bitmap.to_bytes((length + 7) // 8, "little")


def _has_bitmap(part: Slice) -> bool:
    return part.array.null_count != 0 and bool(part.array.n_buffers) and bool(part.array.buffers[0])


def _valid_bits(part: Slice) -> int:
    return _bits(part, 0) if _has_bitmap(part) else (1 << part.length) - 1


def _bits(part: Slice, buffer: int) -> int:
    """Return a bitmap as one number that starts with the part, which is fast at any offset."""
    first, last = part.start // 8, (part.start + part.length + 7) // 8
    raw = memory(part.array, buffer, first, last - first)
    return int.from_bytes(raw, "little") >> part.start % 8 & (1 << part.length) - 1


def _joined_bits(bitmaps: list[int], parts: Sequence[Slice]) -> tuple[int, int]:
    whole, length = 0, 0
    for bitmap, part in zip(bitmaps, parts, strict=True):
        whole |= bitmap << length
        length += part.length
    return whole, length


def numbers(parts: Sequence[Slice]) -> list[Piece]:
    """Return the memory of numbers."""
    return [part.fixed(array(TYPE_CODES[FIXED[part.format]]).itemsize) for part in parts]


def instants(parts: Sequence[Slice]) -> list[Piece]:
    """Return the memory of instants; units other than nanoseconds are converted while the file is written."""
    pieces: list[Piece] = []
    row = 0
    for part in parts:
        factor = 10**9 // PER_SECOND[part.format[2]]
        pieces.append(part.fixed(8) if factor == 1 else _scaled(part, factor, row))
        row += part.length
    return pieces


def _scaled(part: Slice, factor: int, first_row: int) -> Piece:
    numpy = sys.modules.get("numpy")
    raw, valid = part.fixed(8).cast("q"), part.validity()
    limit = MAX_INT64 // factor
    if numpy is not None:
        source = numpy.frombuffer(raw, "<i8")
        kept = source if valid is None else source[numpy.frombuffer(valid, "?")]
        if len(kept) and (kept.max() > limit or kept.min() < -limit):
            raise _outside(raw, valid, limit, first_row)
        return Late(raw.nbytes, lambda target: scale(numpy, source, factor, target))
    counts: Any = raw if valid is None else [count if ok else 0 for count, ok in zip(raw, valid, strict=True)]
    if max(counts) > limit or min(counts) < -limit:
        raise _outside(raw, valid, limit, first_row)
    return array("q", map(factor.__mul__, counts))


def _outside(raw: memoryview, valid: bytes | None, limit: int, first_row: int) -> FrameError:
    row = next(
        row for row, count in enumerate(raw) if (valid is None or valid[row]) and not -limit <= count <= limit
    )
    problem = "the instant is outside 1677-09-21 to 2262-04-11, the range of a time field"
    return FrameError(problem, row=first_row + row)


def texts(parts: Sequence[Slice]) -> tuple[Buffer, list[Piece]]:
    """Return offsets and data of text; 64-bit offsets and views become 32-bit offsets."""
    found = [_views(part) if part.format.startswith("v") else _texts(part) for part in parts]
    if len(found) == 1:
        return found[0][0], [found[0][1]]
    offsets = array("i", [0])
    for edges, _ in found:
        offsets.extend(_moved(memoryview(edges).cast("B").cast("i"), offsets[-1])[1:])
    return offsets, [data for _, data in found]


def _texts(part: Slice) -> tuple[Buffer, Buffer]:
    edges = edges_of(part)
    first, last = edges[0], edges[-1]
    data = memory(part.array, 2, first, last - first)
    if edges.itemsize == 4 and first == 0:
        return edges, data
    return _moved(edges, -first), data


def _moved(edges: memoryview, by: int) -> array[int] | memoryview:
    """Return the offsets, shifted, with 32 bits."""
    if edges[-1] + by > MAX_INT32:
        raise FrameError("has more than 2 GiB of text, the limit of one field")
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        return memoryview((numpy.frombuffer(edges, f"<i{edges.itemsize}") + by).astype("<i4"))
    return array("i", map(by.__add__, edges)) if by else array("i", edges)


def _views(part: Slice) -> tuple[Buffer, Buffer]:
    values = views(part)
    return offsets_of(map(len, values)), b"".join(values)
