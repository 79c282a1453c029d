"""What an ELF file says about itself: the loader it asks for and the libraries it needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRING_TABLE = 1, 5


@dataclass(frozen=True)
class Elf:
    """A 64-bit little-endian ELF file.

    Attributes:
        interpreter: the loader's path, None for libraries.
        needed: the names of the libraries it is linked to.
    """

    interpreter: str | None
    needed: tuple[str, ...]


def read_elf(path: Path) -> Elf | None:
    """Return what `path` says, or None where it is no such file."""
    with path.open("rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            return None
    data = path.read_bytes()
    segments = _segments(data)
    interpreter = next((_text(data, offset) for kind, offset, _, _ in segments if kind == _INTERPRETER), None)
    return Elf(interpreter, _needed(data, segments))


def _segments(data: bytes) -> list[tuple[int, int, int, int]]:
    """Return kind, file offset, address and size in the file of each segment."""
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    entries = (struct.unpack_from("<IIQQQQQQ", data, start + index * size) for index in range(count))
    return [(kind, offset, address, length) for kind, _, offset, address, _, length, _, _ in entries]


def _needed(data: bytes, segments: list[tuple[int, int, int, int]]) -> tuple[str, ...]:
    dynamic = next(((offset, length) for kind, offset, _, length in segments if kind == _DYNAMIC), None)
    if dynamic is None:
        return ()
    entries = []
    for place in range(dynamic[0], dynamic[0] + dynamic[1], 16):
        tag, value = struct.unpack_from("<QQ", data, place)
        if tag == 0:
            break
        entries.append((tag, value))
    table = _file_offset(dict(entries).get(_STRING_TABLE), segments)
    return tuple(_text(data, table + value) for tag, value in entries if tag == _NEEDED) if table else ()


def _file_offset(address: int | None, segments: list[tuple[int, int, int, int]]) -> int | None:
    for kind, offset, start, length in segments:
        if kind == _LOAD and address is not None and start <= address < start + length:
            return offset + address - start
    return None


def _text(data: bytes, start: int) -> str:
    return data[start : data.index(b"\0", start)].decode()
