"""How Grafana shows a field: unit, decimals, thresholds, mappings, links."""

# ruff: noqa: RUF009  # fields.json_field returns a dataclasses.field
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plugin_sdk.data import _json_fields as fields


class ThresholdsMode(StrEnum):
    """How the values of thresholds are read."""

    ABSOLUTE = "absolute"
    PERCENTAGE = "percentage"


class SpecialValue(StrEnum):
    """The values that only a `SpecialMapping` matches."""

    TRUE = "true"
    FALSE = "false"
    NULL = "null"
    NAN = "nan"
    NULL_AND_NAN = "null+nan"
    EMPTY = "empty"


@dataclass(slots=True)
class Threshold:
    """A color for values from `value` upwards. The first step's value is minus infinity."""

    value: float = fields.json_field("value", fields.NUMBER, default=float("-inf"), always=True)
    color: str | None = fields.json_field("color", fields.TEXT)
    state: str | None = fields.json_field("state", fields.TEXT)


@dataclass(slots=True)
class Thresholds:
    """Threshold steps, sorted by value."""

    steps: list[Threshold] = fields.json_field(
        "steps", fields.list_of(fields.nested(Threshold)), factory=list, always=True
    )
    mode: ThresholdsMode = fields.json_field(
        "mode", fields.choice(ThresholdsMode), default=ThresholdsMode.ABSOLUTE, always=True
    )


@dataclass(slots=True)
class MappingResult:
    """The text and color shown instead of a value."""

    text: str | None = fields.json_field("text", fields.TEXT)
    color: str | None = fields.json_field("color", fields.TEXT)
    index: int | None = fields.json_field("index", fields.integer(-(2**63), 2**63 - 1))


@dataclass(slots=True)
class ValueMapping:
    """Maps exact values, written as text, to what is shown."""

    options: dict[str, MappingResult]


@dataclass(slots=True)
class RangeMapping:
    """Maps all values between two bounds to what is shown; None means unbounded."""

    start: float | None = fields.json_field("from", fields.NUMBER)
    end: float | None = fields.json_field("to", fields.NUMBER)
    result: MappingResult = fields.json_field(
        "result", fields.nested(MappingResult), factory=MappingResult, always=True
    )


@dataclass(slots=True)
class SpecialMapping:
    """Maps null, NaN, true, false or the empty text to what is shown."""

    match: SpecialValue = fields.json_field(
        "match", fields.choice(SpecialValue), default=SpecialValue.NULL, always=True
    )
    result: MappingResult = fields.json_field(
        "result", fields.nested(MappingResult), factory=MappingResult, always=True
    )


AnyMapping = ValueMapping | RangeMapping | SpecialMapping


def _write_mapping(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, RangeMapping):
        return {"type": "range", "options": fields.write(value, where)}
    if isinstance(value, SpecialMapping):
        return {"type": "special", "options": fields.write(value, where)}
    if not isinstance(value, ValueMapping) or not isinstance(value.options, Mapping):
        raise fields.wrong(value, where, "a ValueMapping, RangeMapping or SpecialMapping")
    result = fields.nested(MappingResult)
    texts = {
        fields.TEXT.write(k, where): result.write(v, f"{where}[{k!r}]") for k, v in value.options.items()
    }
    return {"type": "value", "options": texts}


def _read_mapping(data: Any, where: str) -> AnyMapping:
    kind = data.get("type") if isinstance(data, Mapping) else None
    options = data.get("options") if isinstance(data, Mapping) else None
    if kind == "range":
        return fields.read(RangeMapping, options, where)
    if kind == "special":
        return fields.read(SpecialMapping, options, where)
    if kind != "value" or not isinstance(options, Mapping):
        raise fields.wrong(data, where, "a mapping of type value, range or special with options")
    return ValueMapping({k: fields.read(MappingResult, v, f"{where}[{k!r}]") for k, v in options.items()})


@dataclass(slots=True)
class DataLink:
    """A link in a value's menu; `internal` opens Explore instead of a URL."""

    title: str | None = fields.json_field("title", fields.TEXT)
    url: str | None = fields.json_field("url", fields.TEXT)
    target_blank: bool | None = fields.json_field("targetBlank", fields.FLAG)
    internal: dict[str, Any] | None = fields.json_field("internal", fields.OBJECT)


@dataclass(slots=True)
class EnumConfig:
    """The texts for the numbers of an enum field, with optional colors, icons and descriptions."""

    text: list[str] = fields.json_field("text", fields.list_of(fields.TEXT), factory=list, always=True)
    color: list[str] | None = fields.json_field("color", fields.list_of(fields.TEXT))
    icon: list[str] | None = fields.json_field("icon", fields.list_of(fields.TEXT))
    description: list[str] | None = fields.json_field("description", fields.list_of(fields.TEXT))


_ENUM = fields.nested(EnumConfig)


def _read_type_config(data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise fields.wrong(data, where, "an object")
    return None if data.get("enum") is None else _ENUM.read(data["enum"], where)


_TYPE_CONFIG = fields.Form(lambda value, where: {"enum": _ENUM.write(value, where)}, _read_type_config)


@dataclass(slots=True, kw_only=True)
class FieldConfig:
    """The display options of one field. An option that is None is left to Grafana and the panel's settings.

    Examples:
        >>> FieldConfig(unit="celsius", decimals=1).to_dict()
        {'unit': 'celsius', 'decimals': 1}
    """

    display_name: str | None = fields.json_field("displayName", fields.TEXT)
    display_name_from_ds: str | None = fields.json_field("displayNameFromDS", fields.TEXT)
    path: str | None = fields.json_field("path", fields.TEXT)
    description: str | None = fields.json_field("description", fields.TEXT)
    filterable: bool | None = fields.json_field("filterable", fields.FLAG)
    writeable: bool | None = fields.json_field("writeable", fields.FLAG)
    unit: str | None = fields.json_field("unit", fields.TEXT)
    decimals: int | None = fields.json_field("decimals", fields.integer(0, 2**16 - 1))
    min: float | None = fields.json_field("min", fields.NUMBER)
    max: float | None = fields.json_field("max", fields.NUMBER)
    interval: float | None = fields.json_field("interval", fields.FINITE)  # milliseconds, for a time field
    mappings: list[AnyMapping] | None = fields.json_field(
        "mappings", fields.list_of(fields.Form(_write_mapping, _read_mapping))
    )
    thresholds: Thresholds | None = fields.json_field("thresholds", fields.nested(Thresholds))
    color: dict[str, Any] | None = fields.json_field("color", fields.OBJECT)
    links: list[DataLink] | None = fields.json_field("links", fields.list_of(fields.nested(DataLink)))
    no_value: str | None = fields.json_field("noValue", fields.TEXT)
    enum: EnumConfig | None = fields.json_field("type", _TYPE_CONFIG)
    custom: dict[str, Any] | None = fields.json_field("custom", fields.OBJECT)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object that Grafana reads.

        Raises:
            FrameError: an option has an invalid value; the text names it.
        """
        return fields.write(self, "config")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FieldConfig:
        """Return the options of a JSON object, as `to_dict` returns it."""
        return fields.read(cls, data, "config")
