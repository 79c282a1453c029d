"""Writes Arrow IPC files: the metadata of a frame's shape around its buffers, which are not converted."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from plugin_sdk.data._arrow import schema as arrow
from plugin_sdk.data._column import Column, Late, Piece, size_of

_END = arrow.CONTINUATION + bytes(4)


def write(fields: tuple[arrow.FieldSchema, ...], metadata: arrow.Pairs, columns: Sequence[Column]) -> bytes:
    """Return the file. Each buffer is copied once, from its memory into the file."""
    schema = arrow.schema(fields, metadata)
    parts, places, body_size = _body([buffer for column in columns for buffer in column.pieces])
    message = _message(columns, places, body_size)
    footer = bytearray(schema.footer)
    struct.pack_into("<qiiq", footer, schema.block, len(schema.head), 8 + len(message), 0, body_size)
    head = [schema.head, arrow.CONTINUATION, struct.pack("<i", len(message)), message]
    tail = [_END, bytes(footer), struct.pack("<i", len(footer)), arrow.MAGIC]
    return _joined([*head, *parts, *tail])


def _body(buffers: list[tuple[Piece, ...]]) -> tuple[list[Piece], list[int], int]:
    """Return the pieces, padded to 8 bytes a buffer; offset and length of each buffer; the total size."""
    parts: list[Piece] = []
    places: list[int] = []
    end = 0
    for buffer in buffers:
        size = sum(map(size_of, buffer))
        places += (end, size)
        parts += buffer
        padding = -size % 8
        if padding:
            parts.append(bytes(padding))
        end += size + padding
    return parts, places, end


def _message(columns: Sequence[Column], places: list[int], body_size: int) -> bytes:
    template = arrow.batch(len(columns), len(places) // 2)
    nodes = [number for column in columns for number in (column.length, column.null_count)]
    message = bytearray(template.raw)
    struct.pack_into("<q", message, template.body_length, body_size)
    struct.pack_into("<q", message, template.length, columns[0].length if columns else 0)
    struct.pack_into(f"<{len(nodes)}q", message, template.nodes, *nodes)
    struct.pack_into(f"<{len(places)}q", message, template.buffers, *places)
    return bytes(message)


def _joined(parts: list[Piece]) -> bytes:
    ready = [part for part in parts if not isinstance(part, Late)]
    return b"".join(ready) if len(ready) == len(parts) else _filled(parts)


def _filled(parts: list[Piece]) -> bytes:
    """Join the parts, with late pieces created in place; BytesIO returns its memory without a copy."""
    file = io.BytesIO()
    file.seek(sum(map(size_of, parts)) - 1)
    file.write(b"\0")
    with file.getbuffer() as target:
        at = 0
        for part in parts:
            end = at + size_of(part)
            if isinstance(part, Late):
                part.fill(target[at:end])
            elif end > at:
                target[at:end] = memoryview(part).cast("B")
            at = end
    return file.getvalue()
