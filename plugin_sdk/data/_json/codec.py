"""Grafana's JSON form of a frame: schema, and data in columns with what JSON cannot say beside them."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from plugin_sdk.data._convert import python
from plugin_sdk.data._convert.python_types import Nanoseconds
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import CheckedField, Field, compact
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.meta import FrameMeta

if TYPE_CHECKING:
    from plugin_sdk.data._checked import CheckedFrame, Include
    from plugin_sdk.data.frame import Frame

_MILLISECOND = 10**6
_ENTITIES = {"NaN": math.nan, "Inf": math.inf, "NegInf": -math.inf}
_FLOATS = (FieldType.FLOAT32, FieldType.FLOAT64)


def write(frame: CheckedFrame, include: Include) -> str:
    """The whole frame, or one half of it."""
    halves = []
    if include != "data":
        halves.append(f'"schema":{compact(_schema(frame))}')
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
        data += f',"entities":{compact(entities)}'
    if any(nanos):
        data += f',"nanos":{compact(nanos)}'
    return data + "}"


def _values(values: list[Any], kind: FieldType) -> str:
    if kind is FieldType.JSON:
        return "[" + ",".join("null" if raw is None else raw.decode() for raw in values) + "]"
    if kind is FieldType.TIME:
        return compact([None if instant is None else instant // _MILLISECOND for instant in values])
    if kind is FieldType.FLOAT32:
        values = [None if value is None else _shortest(value) for value in values]
    if kind in _FLOATS:
        return compact([value if value is not None and math.isfinite(value) else None for value in values])
    return compact(values)


def _shortest(value: float) -> float:
    """The float64 with the fewest digits that is still this float32: 0.1 instead of 0.10000000149011612."""
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
    rests = [0 if instant is None else instant % _MILLISECOND for instant in values]
    return rests if any(rests) else None


def read(text: str | bytes) -> Frame:
    """The frame of a JSON text with both halves, or with the schema alone."""
    from plugin_sdk.data.frame import Frame

    document = _parsed(text)
    unknown = set(document) - {"schema", "data"}
    if unknown or "schema" not in document:
        raise FrameError(f"a frame holds schema and data; found {', '.join(sorted(document)) or 'nothing'}")
    schema = _object(document["schema"], "schema")
    name, ref_id = (_text(schema.get(key, ""), key) for key in ("name", "refId"))
    try:
        meta = None if schema.get("meta") is None else FrameMeta.from_dict(schema["meta"])
        fields = _fields(_list(schema.get("fields") or [], "fields"), document.get("data"))
    except FrameError as error:
        raise error.within(frame=name or ref_id) from error
    frame = Frame(name, *fields, ref_id=ref_id, meta=meta)
    frame.check()
    return frame


def _parsed(text: str | bytes) -> Mapping[str, Any]:
    try:
        decoded = text if isinstance(text, str) else bytes(text).decode()
        return _object(json.loads(decoded, parse_constant=_no_constant), "the text")
    except FrameError:
        raise
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the text is not JSON: {error}") from error


def _no_constant(name: str) -> NoReturn:
    raise FrameError(f"the text is not JSON: {name}")


def _fields(schemas: list[Any], data: Any) -> list[Field]:
    parts = _object(data if data is not None else {}, "data")
    values = _list(parts.get("values") or [[] for _ in schemas], "values")
    if len(values) != len(schemas):
        raise FrameError(f"data has {len(values)} value lists; expected {len(schemas)}, one for each field")
    entities = _list(parts.get("entities") or [None] * len(schemas), "entities")
    nanos = _list(parts.get("nanos") or [None] * len(schemas), "nanos")
    if len(entities) != len(schemas) or len(nanos) != len(schemas):
        raise FrameError(f"entities and nanos need {len(schemas)} entries, one for each field")
    return [_field(*one) for one in zip(schemas, values, entities, nanos, strict=True)]


def _field(schema: Any, values: Any, entities: Any, nanos: Any) -> Field:
    schema = _object(schema, "field")
    name = _text(schema.get("name", ""), "name")
    try:
        info = _object(schema.get("typeInfo"), "typeInfo")
        kind = FieldType.of(_text(info.get("frame"), "typeInfo.frame"))
        config = None if schema.get("config") is None else FieldConfig.from_dict(schema["config"])
        held = _restored(list(_list(values, "values")), kind, entities, nanos)
        column = python.column(held if info.get("nullable") else _no_null(held, kind), kind)
        nullable = bool(info.get("nullable"))
        field = Field(name, column, labels=schema.get("labels"), config=config, nullable=nullable)
        field.check()
    except (TypeError, ValueError) as error:
        problem = error if isinstance(error, FrameError) else FrameError(f"malformed: {error}")
        raise problem.within(field=name) from error
    return field


def _restored(values: list[Any], kind: FieldType, entities: Any, nanos: Any) -> list[Any]:
    if kind is FieldType.TIME:
        rests = _list(nanos or [0] * len(values), "nanos")
        if len(rests) != len(values):
            raise FrameError(f"nanos has {len(rests)} entries; expected {len(values)}")
        return [_instant(row, *pair) for row, pair in enumerate(zip(values, rests, strict=True))]
    if kind is FieldType.JSON:
        return [None if value is None else compact(value).encode() for value in values]
    for name, rows in _object(entities or {}, "entities").items():
        for row in _list(rows, "entities"):
            if name not in _ENTITIES or type(row) is not int or not 0 <= row < len(values):
                raise FrameError(f"entities names {name!r} at {row!r}, which is no row")
            values[row] = _ENTITIES[name]
    return values


def _instant(row: int, milliseconds: Any, rest: Any) -> Nanoseconds | None:
    if milliseconds is None:
        return None
    if type(milliseconds) is not int or type(rest) is not int:
        raise FrameError(f"{shown(milliseconds)} is no time; expected whole milliseconds", row=row)
    return Nanoseconds(milliseconds * _MILLISECOND + rest)


def _no_null(values: list[Any], kind: FieldType) -> list[Any]:
    if kind is FieldType.JSON:
        return [b"null" if value is None else value for value in values]
    if None in values:
        raise FrameError("null in a field that is not nullable", row=values.index(None))
    return values


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise FrameError(f"{what} is {shown(value)}; expected an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise FrameError(f"{what} is {shown(value)}; expected a list")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise FrameError(f"{what} is {shown(value)}; expected text")
    return value
