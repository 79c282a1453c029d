"""Encodes frames in Grafana's JSON format: schema, and columns beside what JSON cannot represent."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING, Any

from plugin_sdk.data import _json_text
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.field import CheckedField
from plugin_sdk.data.field_type import FieldType

if TYPE_CHECKING:
    from plugin_sdk.data._checked import CheckedFrame, Include

_NANOSECONDS_PER_MILLISECOND = 10**6
_FLOATS = (FieldType.FLOAT32, FieldType.FLOAT64)


def encode(frame: CheckedFrame, include: Include) -> str:
    """Return the whole frame, or only its schema or data."""
    halves = []
    if include != "data":
        halves.append(f'"schema":{_json_text.to_json(_schema(frame))}')
    if include != "schema":
        halves.append(f'"data":{_data(frame)}')
    return "{" + ",".join(halves) + "}"


def _schema(frame: CheckedFrame) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if frame.name:
        schema["name"] = frame.name
    if frame.ref_id:
        schema["refId"] = frame.ref_id
    if frame.meta is not None:
        schema["meta"] = frame.meta
    return {**schema, "fields": [_field_schema(field) for field in frame.fields]}


def _field_schema(field: CheckedField) -> dict[str, Any]:
    kind = field.column.type
    schema: dict[str, Any] = {"name": field.name} if field.name else {}
    nullable = {"nullable": True} if field.nullable else {}
    schema |= {"type": kind.simple_name, "typeInfo": {"frame": kind.wire_name, **nullable}}
    if field.labels is not None:
        schema["labels"] = field.labels
    if field.config is not None:
        schema["config"] = field.config
    return schema


def _data(frame: CheckedFrame) -> str:
    texts, entities, nanos = [], [], []
    for field in frame.fields:
        values = raw_list(field.column)
        entities.append(_entities(values) if field.column.type in _FLOATS else None)
        nanos.append(_nanos(values) if field.column.type is FieldType.TIME else None)
        texts.append(_values(values, field.column.type))
    data = f'{{"values":[{",".join(texts)}]'
    if any(entities):
        data += f',"entities":{_json_text.to_json(entities)}'
    if any(nanos):
        data += f',"nanos":{_json_text.to_json(nanos)}'
    return data + "}"


def _values(values: list[Any], kind: FieldType) -> str:
    if kind is FieldType.JSON:
        return "[" + ",".join("null" if raw is None else raw.decode() for raw in values) + "]"
    if kind is FieldType.TIME:
        return _json_text.to_json(
            [None if instant is None else instant // _NANOSECONDS_PER_MILLISECOND for instant in values]
        )
    if kind is FieldType.FLOAT32:
        values = [None if value is None else _shortest(value) for value in values]
    if kind in _FLOATS:
        return _json_text.to_json(
            [value if value is not None and math.isfinite(value) else None for value in values]
        )
    return _json_text.to_json(values)


def _shortest(value: float) -> float:
    """Return the float64 with the fewest digits for a float32: 0.1 instead of 0.10000000149011612."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if array("f", [short])[0] == value:
            return short
    return value


def _entities(values: list[float | None]) -> dict[str, list[int]] | None:
    found: dict[str, list[int]] = {}
    for row, value in enumerate(values):
        if value is not None and not math.isfinite(value):
            name = "NaN" if math.isnan(value) else "Inf" if value > 0 else "NegInf"
            found.setdefault(name, []).append(row)
    return found or None


def _nanos(values: list[int | None]) -> list[int] | None:
    rests = [0 if instant is None else instant % _NANOSECONDS_PER_MILLISECOND for instant in values]
    return rests if any(rests) else None
