"""A field's values in Arrow's memory layout, which the writer joins and the reader returns."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from plugin_sdk.data.field_type import FieldType

# The type code of the array module for each fixed-width type; numpy and struct have the same codes.
TYPE_CODES = {
    FieldType.INT8: "b",
    FieldType.INT16: "h",
    FieldType.INT32: "i",
    FieldType.INT64: "q",
    FieldType.UINT8: "B",
    FieldType.UINT16: "H",
    FieldType.UINT32: "I",
    FieldType.UINT64: "Q",
    FieldType.FLOAT32: "f",
    FieldType.FLOAT64: "d",
    FieldType.TIME: "q",
    FieldType.ENUM: "H",
}
VARIABLE_WIDTH = frozenset({FieldType.STRING, FieldType.JSON})
MAX_INT32, MAX_INT64, MIN_INT64 = 2**31 - 1, 2**63 - 1, -(2**63)

# Anything whose memory can be copied unchanged: bytes, array, a contiguous memoryview.
Buffer = bytes | bytearray | memoryview | array  # type: ignore[type-arg]  # any letter


class Late(NamedTuple):
    """Bytes that are created while the file is written, so that they are never in memory twice."""

    size: int
    fill: Callable[[memoryview], None]


Piece = Buffer | Late


@dataclass(slots=True)  # not frozen, which takes three times as long to create
class Column:
    """One field's buffers. The pieces of `data` are joined; `owner` keeps borrowed memory alive.

    It is not changed after it was created.
    """

    type: FieldType
    length: int
    data: Sequence[Piece]
    offsets: Buffer | None = None
    validity: Buffer | None = None
    null_count: int = 0
    owner: Any = None
    unit: str | None = None  # of durations, which become seconds

    @property
    def pieces(self) -> list[tuple[Piece, ...]]:
        """The column's buffers in Arrow's order."""
        validity: tuple[Piece, ...] = () if self.validity is None else (self.validity,)
        if self.type in VARIABLE_WIDTH:
            return [validity, (bytes(4) if self.offsets is None else self.offsets,), tuple(self.data)]
        return [validity, tuple(self.data)]


def size_of(piece: Piece) -> int:
    """Return the number of bytes of a piece."""
    if isinstance(piece, Late):
        return piece.size
    return len(piece) if isinstance(piece, bytes) else memoryview(piece).nbytes


_TO_DIGITS = bytes([48]) + bytes([49]) * 255
_FLAGS_AT_ONCE = 4096  # int(text, 2) takes quadratic time, so it gets short texts


def pack_bits(flags: bytes) -> bytes:
    """Return a bitmap, least significant bit first, of bytes that are zero or not."""
    packed = []
    for start in range(0, len(flags), _FLAGS_AT_ONCE):
        chunk = flags[start : start + _FLAGS_AT_ONCE]
        # As one binary number, last flag first, it is converted in C; a loop over bits would run in Python.
        number = int(chunk.translate(_TO_DIGITS)[::-1], 2)
        packed.append(number.to_bytes((len(chunk) + 7) // 8, "little"))
    return b"".join(packed)


_BITS = [tuple(byte >> bit & 1 for bit in range(8)) for byte in range(256)]


def unpack_bits(bitmap: Buffer, start: int, length: int) -> bytes:
    """Return bits from `start` on as bytes of 0 and 1, the reverse of `pack_bits`."""
    raw = bytes(memoryview(bitmap).cast("B")[start // 8 : (start + length + 7) // 8])
    flags = b"".join(map(_BIT_BYTES.__getitem__, raw))
    return flags[start % 8 : start % 8 + length]


_BIT_BYTES = [bytes(bits) for bits in _BITS]


def offsets_of(lengths: Iterable[int]) -> array[int]:
    """Return Arrow's offsets for values of these lengths."""
    return array("i", accumulate(lengths, initial=0))


_ROWS_AT_ONCE = 65_536  # so that the memory of each step stays in the cache


def scale(numpy: Any, source: Any, factor: int, target: memoryview) -> None:
    """Multiply a numpy array of int64 into the file's memory."""
    out = numpy.frombuffer(target, "<i8")
    for start in range(0, len(source), _ROWS_AT_ONCE):
        end = start + _ROWS_AT_ONCE
        numpy.multiply(source[start:end], factor, out=out[start:end])
