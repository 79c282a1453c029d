"""The part of the flatbuffers format that Arrow needs: a writer, and a reader that checks everything."""

from __future__ import annotations

import struct
from typing import NamedTuple

from plugin_sdk.data.errors import FrameError

Slot = tuple[int, bytes | None] | None  # size and value of an inline member; None if omitted
OFFSET: Slot = (4, None)  # a member that points elsewhere and is set later


class Writer:
    """Writes parents first; their children follow, and `patch` sets the offsets."""

    def __init__(self) -> None:
        self.buffer = bytearray(4)

    def align(self, size: int, after: int = 0) -> None:
        """Pad so that the position after `after` more bytes is a multiple of `size`."""
        self.buffer += bytes(-(len(self.buffer) + after) % size)

    def table(self, slots: list[Slot]) -> tuple[int, list[int]]:
        """Write a table; return its position and that of each member."""
        at, size = _layout(slots)
        alignment = 8 if any(slot and slot[0] == 8 for slot in slots) else 4
        vtable_size = 4 + 2 * len(slots)
        self.align(2)
        self.align(alignment, vtable_size)
        vtable = len(self.buffer)
        self.buffer += struct.pack("<HH", vtable_size, size)
        self.buffer += struct.pack(f"<{len(slots)}H", *at)
        table = len(self.buffer)
        self.buffer += struct.pack("<i", table - vtable) + bytes(size - 4)
        for slot, offset in zip(slots, at, strict=True):
            if slot is not None and slot[1] is not None:
                self.buffer[table + offset : table + offset + slot[0]] = slot[1]
        return table, [table + offset for offset in at]

    def patch(self, at: int, target: int) -> None:
        """Make the member at `at` point to `target`."""
        struct.pack_into("<I", self.buffer, at, target - at)

    def string(self, text: str) -> int:
        """Write a string and return its position."""
        raw = text.encode()
        self.align(4)
        self.buffer += struct.pack("<I", len(raw)) + raw + b"\0"
        return len(self.buffer) - len(raw) - 5

    def offsets(self, count: int) -> int:
        """Write a vector of offsets, to be set later, and return its position."""
        self.align(4)
        self.buffer += struct.pack("<I", count) + bytes(4 * count)
        return len(self.buffer) - 4 * count - 4

    def structs(self, count: int, size: int) -> int:
        """Write a vector of structs, to be filled in later, and return the position of the first."""
        self.align(8, 4)
        self.buffer += struct.pack("<I", count) + bytes(count * size)
        return len(self.buffer) - count * size

    def finished(self, root: int) -> bytes:
        """Return the whole buffer, padded to 8 bytes as Arrow requires."""
        struct.pack_into("<I", self.buffer, 0, root)
        self.align(8)
        return bytes(self.buffer)


def _layout(slots: list[Slot]) -> tuple[list[int], int]:
    """Return the offset of each member in its table; larger members come first, for alignment."""
    at = [0] * len(slots)
    present = sorted((slot[0], index) for index, slot in enumerate(slots) if slot is not None)
    end = 8 if present and present[-1][0] == 8 else 4
    for size, index in reversed(present):
        at[index] = end
        end += size
    return at, end


class Budget:
    """The number of bytes that may still be read: overlapping parts could make a small file endless."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, size: int) -> None:
        """Count bytes as read."""
        self.left -= size
        if self.left < 0:
            raise FrameError("the file is damaged: its parts overlap")


class Table(NamedTuple):
    """A table in a buffer. Every access is checked, since the bytes may come from anywhere."""

    buffer: memoryview
    at: int
    budget: Budget

    def number(self, slot: int, form: str, default: int = 0) -> int:
        """Return an inline number, for a struct format such as `<i`."""
        at = self._member(slot)
        return unpack(form, self.buffer, at) if at else default

    def table(self, slot: int) -> Table | None:
        """Return the table that a member points to."""
        at = self._member(slot)
        return Table(self.buffer, at + unpack("<I", self.buffer, at), self.budget) if at else None

    def string(self, slot: int) -> str:
        """Return the text that a member points to, which is empty if omitted."""
        at, length = self.vector(slot, 1)
        self.budget.spend(length)
        try:
            return str(self.buffer[at : at + length], "utf-8")
        except UnicodeDecodeError as error:
            raise FrameError("the file contains text that is not UTF-8") from error

    def vector(self, slot: int, size: int) -> tuple[int, int]:
        """Return where a vector's elements start and their number; all of them are inside the buffer."""
        member = self._member(slot)
        if not member:
            return 0, 0
        at = member + unpack("<I", self.buffer, member)
        count = unpack("<I", self.buffer, at)
        if at + 4 + count * size > len(self.buffer):
            raise FrameError("the file is damaged: a list reaches beyond its end")
        return at + 4, count

    def tables(self, slot: int) -> list[Table]:
        """Return the tables of a vector."""
        start, count = self.vector(slot, 4)
        places = range(start, start + 4 * count, 4)
        self.budget.spend(8 * count)
        targets = [position + unpack("<I", self.buffer, position) for position in places]
        return [Table(self.buffer, target, self.budget) for target in targets]

    def _member(self, slot: int) -> int:
        vtable = self.at - unpack("<i", self.buffer, self.at)
        if 4 + 2 * slot >= unpack("<H", self.buffer, vtable):
            return 0
        offset = unpack("<H", self.buffer, vtable + 4 + 2 * slot)
        return self.at + offset if offset else 0


def unpack(form: str, buffer: memoryview, at: int) -> int:
    """Return one number, or raise FrameError if the buffer is too short."""
    if not 0 <= at <= len(buffer) - struct.calcsize(form):
        raise FrameError("the file is damaged: it points outside itself")
    number: int = struct.unpack_from(form, buffer, at)[0]
    return number


def root(buffer: memoryview) -> Table:
    """Return the root table of a buffer."""
    return Table(buffer, unpack("<I", buffer, 0), Budget(2 * len(buffer)))
