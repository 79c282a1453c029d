"""The metadata of an Arrow file, which is the same for all frames of one shape."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

from plugin_sdk.data._arrow.flatbuffers import OFFSET, Slot, Writer
from plugin_sdk.data.field_type import FieldType

MAGIC = b"ARROW1"
CONTINUATION = b"\xff\xff\xff\xff"
SCHEMA, RECORD_BATCH = 1, 3  # MessageHeader
INT, FLOAT, BINARY, UTF8, BOOL, TIMESTAMP = 2, 3, 4, 5, 6, 10  # Type
_VERSION_5: Slot = (2, b"\x04\x00")

Pairs = tuple[tuple[str, str], ...]


class FieldSchema(NamedTuple):
    """A field without its values."""

    name: str
    type: FieldType
    nullable: bool
    metadata: Pairs


class Schema(NamedTuple):
    """The encoded metadata of a frame."""

    head: bytes  # magic and schema message
    footer: bytes
    block: int  # where the footer records the position of the batch


@lru_cache(maxsize=256)
def schema(fields: tuple[FieldSchema, ...], metadata: Pairs) -> Schema:
    """Return the encoded metadata; cached, since a query usually returns the same shape again."""
    message = Writer()
    root, members = message.table([_VERSION_5, (1, bytes([SCHEMA])), OFFSET, (8, bytes(8))])
    message.patch(members[2], _schema(message, fields, metadata))
    raw = message.finished(root)
    head = MAGIC + b"\0\0" + CONTINUATION + struct.pack("<i", len(raw)) + raw

    footer = Writer()
    root, members = footer.table([_VERSION_5, OFFSET, OFFSET, OFFSET])
    footer.patch(members[2], footer.offsets(0))
    block = footer.structs(1, 24)
    footer.patch(members[3], block - 4)
    footer.patch(members[1], _schema(footer, fields, metadata))
    return Schema(head, footer.finished(root), block)


def _schema(writer: Writer, fields: tuple[FieldSchema, ...], metadata: Pairs) -> int:
    table, members = writer.table([None, OFFSET, OFFSET])
    vector = writer.offsets(len(fields))
    writer.patch(members[1], vector)
    for index, field in enumerate(fields):
        writer.patch(vector + 4 + 4 * index, _field(writer, field))
    writer.patch(members[2], _metadata(writer, metadata))
    return table


def _field(writer: Writer, field: FieldSchema) -> int:
    type_id, slots = _type(field.type)
    nullable, kind = (1, bytes([field.nullable])), (1, bytes([type_id]))
    table, members = writer.table([OFFSET, nullable, kind, OFFSET, None, OFFSET, OFFSET])
    writer.patch(members[0], writer.string(field.name))
    writer.patch(members[3], writer.table(slots)[0])
    writer.patch(members[5], writer.offsets(0))
    writer.patch(members[6], _metadata(writer, field.metadata))
    return table


def _type(kind: FieldType) -> tuple[int, list[Slot]]:
    """Return the number and the members of a type's table; timestamps are nanoseconds without a zone."""
    plain: dict[FieldType, tuple[int, list[Slot]]] = {
        FieldType.TIME: (TIMESTAMP, [(2, b"\x03\x00"), None]),
        FieldType.FLOAT64: (FLOAT, [(2, b"\x02\x00")]),
        FieldType.FLOAT32: (FLOAT, [(2, b"\x01\x00")]),
        FieldType.BOOL: (BOOL, []),
        FieldType.STRING: (UTF8, []),
        FieldType.JSON: (BINARY, []),
        FieldType.ENUM: _integer(16, signed=False),
    }
    if kind in plain:
        return plain[kind]
    return _integer(int(kind.value.lstrip("uint")), signed=kind.value.startswith("int"))


def _integer(bits: int, *, signed: bool) -> tuple[int, list[Slot]]:
    return INT, [(4, struct.pack("<i", bits)), (1, b"\x01") if signed else None]


def _metadata(writer: Writer, pairs: Pairs) -> int:
    vector = writer.offsets(len(pairs))
    for index, (key, value) in enumerate(pairs):
        table, members = writer.table([OFFSET, OFFSET])
        writer.patch(vector + 4 + 4 * index, table)
        writer.patch(members[0], writer.string(key))
        writer.patch(members[1], writer.string(value))
    return vector


class Batch(NamedTuple):
    """A record batch message, and the positions that are filled in for each frame."""

    raw: bytes
    body_length: int
    length: int
    nodes: int
    buffers: int


@lru_cache(maxsize=256)
def batch(node_count: int, buffer_count: int) -> Batch:
    """Return the message of a batch with so many fields and buffers."""
    writer = Writer()
    root, members = writer.table([_VERSION_5, (1, bytes([RECORD_BATCH])), OFFSET, (8, bytes(8))])
    table, inner = writer.table([(8, bytes(8)), OFFSET, OFFSET])
    writer.patch(members[2], table)
    nodes = writer.structs(node_count, 16)
    writer.patch(inner[1], nodes - 4)
    buffers = writer.structs(buffer_count, 16)
    writer.patch(inner[2], buffers - 4)
    return Batch(writer.finished(root), members[3], inner[0], nodes, buffers)
