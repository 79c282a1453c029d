"""Reads frames from Arrow IPC files; what Grafana's decoder would refuse or misread is an error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plugin_sdk.data._arrow import schema as arrow
from plugin_sdk.data._arrow.columns import column_of
from plugin_sdk.data._arrow.flatbuffers import Table, root, unpack
from plugin_sdk.data._parts import FrameParts
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.meta import FrameMeta

_HEAD, _TAIL = 8, 10


class _FieldHead(NamedTuple):
    name: str
    type: FieldType
    nullable: bool
    metadata: Mapping[str, str]


def read(data: bytes) -> FrameParts:
    """Return the parts of the frame in a file.

    Raises:
        FrameError: Grafana could not read the file.
    """
    file = memoryview(bytes(data))
    footer = _footer(file)
    schema = footer.table(1)
    if schema is None:
        raise FrameError("the file has no schema")
    metadata = _metadata(schema, 2)
    name = metadata.get("name", "")
    try:
        heads = [_head(field) for field in schema.tables(1)]
        fields = [_field(head, buffers) for head, buffers in _columns(file, footer, heads)]
        meta = FrameMeta.from_dict(_json_object(metadata["meta"], "meta")) if "meta" in metadata else None
    except FrameError as error:
        raise error.within(frame=name) from error
    return FrameParts(name, metadata.get("refId", ""), meta, fields)


def _footer(file: memoryview) -> Table:
    if len(file) < _HEAD + _TAIL or file[:6] != arrow.MAGIC or file[-6:] != arrow.MAGIC:
        raise FrameError("this is not an Arrow file: it does not start and end with ARROW1")
    size = unpack("<i", file, len(file) - _TAIL)
    if not 0 < size <= len(file) - _HEAD - _TAIL:
        raise FrameError("the file is damaged: its footer does not fit")
    return root(file[len(file) - _TAIL - size : len(file) - _TAIL])


def _metadata(table: Table, slot: int) -> dict[str, str]:
    return {pair.string(0): pair.string(1) for pair in table.tables(slot)}


def _head(table: Table) -> _FieldHead:
    name = table.string(0)
    metadata = _metadata(table, 6)
    kind = _type(table)
    if kind is FieldType.UINT16 and metadata.get("tstype") == "enum":
        kind = FieldType.ENUM
    if kind is None or table.table(4) is not None:
        raise FrameError("has an Arrow type that Grafana does not read", field=name)
    return _FieldHead(name, kind, bool(table.number(1, "<B")), metadata)


def _type(table: Table) -> FieldType | None:
    number, details = table.number(2, "<B"), table.table(3)
    if details is None:
        return None
    if number == arrow.INT:
        return _INTEGERS.get((details.number(0, "<i"), bool(details.number(1, "<B"))))
    if number == arrow.FLOAT:
        return {1: FieldType.FLOAT32, 2: FieldType.FLOAT64}.get(details.number(0, "<h"))
    if number == arrow.TIMESTAMP:  # Grafana reads any unit as nanoseconds
        return FieldType.TIME if details.number(0, "<h") == 3 else None
    simple = {arrow.UTF8: FieldType.STRING, arrow.BINARY: FieldType.JSON, arrow.BOOL: FieldType.BOOL}
    return simple.get(number)


_INTEGERS = {
    (bits, signed): FieldType.of(f"{'' if signed else 'u'}int{bits}")
    for bits in (8, 16, 32, 64)
    for signed in (True, False)
}


class Part(NamedTuple):
    """One batch's part of a column: the number of rows, and its buffers in Arrow's order."""

    length: int
    buffers: list[memoryview]


def _columns(
    file: memoryview, footer: Table, heads: list[_FieldHead]
) -> Iterator[tuple[_FieldHead, list[Part]]]:
    start, count = footer.vector(3, 24)
    batches = [_batch(file, footer.buffer, start + 24 * index, heads) for index in range(count)]
    for index, head in enumerate(heads):
        yield head, [batch[index] for batch in batches]


def _batch(file: memoryview, footer: memoryview, block: int, heads: list[_FieldHead]) -> list[Part]:
    offset, head_size = unpack("<q", footer, block), unpack("<i", footer, block + 8)
    prefix = 8 if unpack("<I", file, offset) == 0xFFFFFFFF else 4
    body = offset + head_size
    body_size = unpack("<q", footer, block + 16)
    if offset < 0 or not prefix < head_size or body_size < 0 or body + body_size > len(file):
        raise FrameError("the file is damaged: a batch is outside it")
    message = root(file[offset + prefix : body])
    batch = message.table(2)
    if message.number(1, "<B") != arrow.RECORD_BATCH or batch is None:
        raise FrameError("the file is damaged: a batch is missing")
    if batch.table(3) is not None:
        raise FrameError("the file is compressed; expected plain buffers, which is what Grafana reads")
    return _parts(batch, file[body : body + body_size], heads)


def _parts(batch: Table, body: memoryview, heads: list[_FieldHead]) -> list[Part]:
    rows = batch.number(0, "<q")
    nodes, node_count = batch.vector(1, 16)
    position, buffer_count = batch.vector(2, 16)
    counts = [3 if head.type in (FieldType.STRING, FieldType.JSON) else 2 for head in heads]
    if node_count != len(heads) or buffer_count != sum(counts):
        raise FrameError("the file is damaged: a batch does not fit the schema")
    parts = []
    for index, count in enumerate(counts):
        length = unpack("<q", batch.buffer, nodes + 16 * index)
        if length != rows or length < 0:
            raise FrameError(f"has {length} values; expected {rows}", field=heads[index].name)
        parts.append(Part(length, [_buffer(batch, body, position + 16 * i) for i in range(count)]))
        position += 16 * count
    return parts


def _buffer(batch: Table, body: memoryview, at: int) -> memoryview:
    offset, size = unpack("<q", batch.buffer, at), unpack("<q", batch.buffer, at + 8)
    if not 0 <= offset <= offset + size <= len(body):
        raise FrameError("the file is damaged: a buffer is outside its batch")
    return body[offset : offset + size]


def _field(head: _FieldHead, parts: list[Part]) -> Field:
    try:
        column = column_of(head.type, head.nullable, [(part.length, part.buffers) for part in parts])
        labels = _json_object(head.metadata["labels"], "labels") if "labels" in head.metadata else None
        config = head.metadata.get("config")
        shown_as = None if config is None else FieldConfig.from_dict(_json_object(config, "config"))
        field = Field(head.name, column, labels=labels, config=shown_as, nullable=head.nullable)
        field.check()
    except FrameError as error:
        raise error.within(field=head.name) from error
    return field


def _json_object(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"{what} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise FrameError(f"{what} is {shown(found)}; expected an object")
    return found
