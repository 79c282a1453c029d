"""What an ELF file says about itself: the loader it asks for and the libraries it needs."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRING_TABLE, _NAME, _RPATH, _DEBUG, _RUNPATH = 1, 5, 14, 15, 21, 29


@dataclass(frozen=True)
class Elf:
    """A 64-bit little-endian ELF file.

    Attributes:
        interpreter: the loader's path, None for libraries.
        needed: the names of the libraries it is linked to.
        name: the name that others are linked to it by, None where it has none.
        rpath: folders where it, and what it loads, look for libraries first.
        runpath: folders where it alone looks, after LD_LIBRARY_PATH; with one, rpath counts for nothing.
        machine: the number of its processor's kind.
    """

    interpreter: str | None
    needed: tuple[str, ...]
    name: str | None = None
    rpath: tuple[str, ...] = ()
    runpath: tuple[str, ...] = ()
    machine: int = 0


def read_elf(path: Path) -> Elf | None:
    """Return what the ELF file `path` declares, or None if it is not one."""
    with path.open("rb") as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return _read(data)
            except (struct.error, ValueError):
                return None  # cut short, or something else that begins alike


def search_own_folders_first(path: Path) -> None:
    """Rewrite `path` so that its runpath comes before LD_LIBRARY_PATH, as an rpath does."""
    data = bytearray(path.read_bytes())
    tags = {_RUNPATH: _RPATH, _RPATH: _DEBUG}  # the latter means nothing in a library
    for location, tag, _ in list(_entries(data, _segments(data))):
        if tag in tags:
            struct.pack_into("<Q", data, location, tags[tag])
    path.unlink()  # the file may have other names, which stay as they are
    path.write_bytes(data)


def _read(data: mmap.mmap) -> Elf:
    (machine,) = struct.unpack_from("<H", data, 18)
    segments = _segments(data)
    interpreter = next((_text(data, offset) for kind, offset, _, _ in segments if kind == _INTERPRETER), None)
    entries = [(tag, value) for _, tag, value in _entries(data, segments)]
    table = _file_offset(dict(entries).get(_STRING_TABLE), segments)

    def texts(expected: int) -> tuple[str, ...]:
        return tuple(_text(data, (table or 0) + value) for tag, value in entries if tag == expected and table)

    return Elf(
        interpreter,
        texts(_NEEDED),
        next(iter(texts(_NAME)), None),
        _folders(texts(_RPATH)),
        _folders(texts(_RUNPATH)),
        machine,
    )


def _folders(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folder for value in values for folder in value.split(":") if folder)


def _segments(data: mmap.mmap | bytearray) -> list[tuple[int, int, int, int]]:
    """Return kind, file offset, address and size in the file of each segment."""
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    entries = (struct.unpack_from("<IIQQQQQQ", data, start + index * size) for index in range(count))
    return [(kind, offset, address, length) for kind, _, offset, address, _, length, _, _ in entries]


def _entries(
    data: mmap.mmap | bytearray, segments: list[tuple[int, int, int, int]]
) -> Iterator[tuple[int, int, int]]:
    """Yield offset, tag and value of each entry for the loader."""
    for kind, offset, _, length in segments:
        if kind != _DYNAMIC:
            continue
        for location in range(offset, offset + length, 16):
            tag, value = struct.unpack_from("<QQ", data, location)
            if tag == 0:
                return
            yield location, tag, value


def _file_offset(address: int | None, segments: list[tuple[int, int, int, int]]) -> int | None:
    for kind, offset, start, length in segments:
        if kind == _LOAD and address is not None and start <= address < start + length:
            return offset + address - start
    return None


def _text(data: mmap.mmap, start: int) -> str:
    return data[start : data.find(b"\0", start)].decode()
