"""Zips with every field under the test's control: what no honest tool writes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.build.plugins import METADATA

TOP = str(METADATA["id"])
FILE, FOLDER, LINK, PIPE, DEVICE, SOCKET = 0o100000, 0o040000, 0o120000, 0o010000, 0o020000, 0o140000
UTF8 = 0x800


@dataclass
class Member:
    """One entry; what is left out is as it should be.

    Attributes:
        name: its name; bytes are written as they are.
        data: its content.
        mode: type and permissions.
        flags: general purpose flags.
        method: 8 is deflate.
        size: the size that the zip's list tells.
        crc: the checksum that it tells.
        system: the system that made it; 3 is Unix.
        local_name: the name in front of the data.
        packed: the packed bytes.
        at: where the list says that it is.
    """

    name: str | bytes
    data: bytes = b"x"
    mode: int = FILE | 0o644
    flags: int = UTF8
    method: int = 8
    size: int | None = None
    crc: int | None = None
    system: int = 3
    local_name: bytes | None = None
    packed: bytes | None = None
    at: int | None = None


def good_members(dist: Path) -> list[Member]:
    """Return the entries of an honest zip of `dist`."""
    files = sorted(path for path in dist.rglob("*") if path.is_file())
    return [
        Member(f"{TOP}/{path.relative_to(dist).as_posix()}", path.read_bytes(), path.stat().st_mode)
        for path in files
    ]


def write_hostile(path: Path, members: Iterable[Member], *, total: int | None = None) -> Path:
    """Write the entries; `total` is what the end says of the size of the list."""
    body, directory, count = b"", b"", 0
    for member in members:
        local, listed = _headers(member, len(body))
        body += local
        directory += listed
        count += 1
    size = len(directory) if total is None else total
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, len(body), 0)
    path.write_bytes(body + directory + end)
    return path


def _headers(member: Member, offset: int) -> tuple[bytes, bytes]:
    name = member.name if isinstance(member.name, bytes) else member.name.encode()
    local_name = name if member.local_name is None else member.local_name
    packed = member.packed
    if packed is None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(member.data) + packer.flush() if member.method == 8 else member.data
    size = len(member.data) if member.size is None else member.size
    crc = zlib.crc32(member.data) if member.crc is None else member.crc
    common = struct.pack("<4H3L", member.flags, member.method, 0, 0x21, crc, len(packed), size)
    local = b"PK\3\4" + struct.pack("<H", 20) + common + struct.pack("<2H", len(local_name), 0)
    listed = b"PK\1\2" + bytes([20, member.system]) + struct.pack("<H", 20) + common
    listed += struct.pack("<5H", len(name), 0, 0, 0, 0)
    listed += struct.pack("<2L", (member.mode & 0xFFFF) << 16, offset if member.at is None else member.at)
    return local + local_name + packed, listed + name
