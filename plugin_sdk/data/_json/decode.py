"""Decodes frames from Grafana's JSON format, with every value checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from plugin_sdk.data import _json_text
from plugin_sdk.data._convert import python
from plugin_sdk.data._convert.python_types import Nanoseconds
from plugin_sdk.data._parts import FrameParts
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.meta import FrameMeta

_NANOSECONDS_PER_MILLISECOND = 10**6
_ENTITIES = {"NaN": math.nan, "Inf": math.inf, "NegInf": -math.inf}


def decode(text: str | bytes) -> FrameParts:
    """Return the parts of the frame in a JSON text with schema and data, or with the schema alone.

    Raises:
        FrameError: Grafana could not read the text.
    """
    document = _parsed(text)
    unknown = set(document) - {"schema", "data"}
    if unknown or "schema" not in document:
        raise FrameError(f"a frame has schema and data; found {', '.join(sorted(document)) or 'nothing'}")
    schema = _object(document["schema"], "schema")
    name, ref_id = (_string(schema.get(key, ""), key) for key in ("name", "refId"))
    try:
        meta = None if schema.get("meta") is None else FrameMeta.from_dict(schema["meta"])
        fields = _fields(_list(schema.get("fields") or [], "fields"), document.get("data"))
    except FrameError as error:
        raise error.within(frame=name or ref_id) from error
    return FrameParts(name, ref_id, meta, fields)


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
    name = _string(schema.get("name", ""), "name")
    try:
        info = _object(schema.get("typeInfo"), "typeInfo")
        kind = FieldType.of(_string(info.get("frame"), "typeInfo.frame"))
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
        return [None if value is None else _json_text.to_json(value).encode() for value in values]
    for name, rows in _object(entities or {}, "entities").items():
        for row in _list(rows, "entities"):
            if name not in _ENTITIES or type(row) is not int or not 0 <= row < len(values):
                raise FrameError(f"entities has {name!r} at {row!r}, which is not a row")
            values[row] = _ENTITIES[name]
    return values


def _instant(row: int, milliseconds: Any, rest: Any) -> Nanoseconds | None:
    if milliseconds is None:
        return None
    if type(milliseconds) is not int or type(rest) is not int:
        raise FrameError(f"{shown(milliseconds)} is not a time; expected whole milliseconds", row=row)
    return Nanoseconds(milliseconds * _NANOSECONDS_PER_MILLISECOND + rest)


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


def _string(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise FrameError(f"{what} is {shown(value)}; expected text")
    return value
