"""How Grafana shows a field: unit, decimals, thresholds, mappings, links."""

# ruff: noqa: RUF009  # wire.key returns a dataclasses.field
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from plugin_sdk.data._json import fields as wire


class ThresholdsMode(StrEnum):
    """What a threshold's value means."""

    ABSOLUTE = "absolute"
    PERCENTAGE = "percentage"


class SpecialValue(StrEnum):
    """The values that only a `SpecialMapping` can match."""

    TRUE = "true"
    FALSE = "false"
    NULL = "null"
    NAN = "nan"
    NULL_AND_NAN = "null+nan"
    EMPTY = "empty"


@dataclass(slots=True)
class Threshold:
    """From `value` on, the color. The first step's value is minus infinity."""

    value: float = wire.key("value", wire.NUMBER, default=float("-inf"), always=True)
    color: str | None = wire.key("color", wire.TEXT)
    state: str | None = wire.key("state", wire.TEXT)


@dataclass(slots=True)
class Thresholds:
    """Steps sorted by value."""

    steps: list[Threshold] = wire.key("steps", wire.many(wire.of(Threshold)), factory=list, always=True)
    mode: ThresholdsMode = wire.key(
        "mode", wire.choice(ThresholdsMode), default=ThresholdsMode.ABSOLUTE, always=True
    )


@dataclass(slots=True)
class MappingResult:
    """What is shown instead of a value."""

    text: str | None = wire.key("text", wire.TEXT)
    color: str | None = wire.key("color", wire.TEXT)
    index: int | None = wire.key("index", wire.integer(-(2**63), 2**63 - 1))


@dataclass(slots=True)
class ValueMapping:
    """Exact values, written as text, to what is shown."""

    options: dict[str, MappingResult]


@dataclass(slots=True)
class RangeMapping:
    """All values between two bounds; None is no bound."""

    start: float | None = wire.key("from", wire.NUMBER)
    end: float | None = wire.key("to", wire.NUMBER)
    result: MappingResult = wire.key("result", wire.of(MappingResult), factory=MappingResult, always=True)


@dataclass(slots=True)
class SpecialMapping:
    """Null, NaN, true, false and the empty text."""

    match: SpecialValue = wire.key("match", wire.choice(SpecialValue), default=SpecialValue.NULL, always=True)
    result: MappingResult = wire.key("result", wire.of(MappingResult), factory=MappingResult, always=True)


AnyMapping = ValueMapping | RangeMapping | SpecialMapping


def _write_mapping(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, RangeMapping):
        return {"type": "range", "options": wire.write(value, where)}
    if isinstance(value, SpecialMapping):
        return {"type": "special", "options": wire.write(value, where)}
    if not isinstance(value, ValueMapping) or not isinstance(value.options, Mapping):
        raise wire.wrong(value, where, "a ValueMapping, RangeMapping or SpecialMapping")
    result = wire.of(MappingResult)
    texts = {wire.TEXT.write(k, where): result.write(v, f"{where}[{k!r}]") for k, v in value.options.items()}
    return {"type": "value", "options": texts}


def _read_mapping(data: Any, where: str) -> AnyMapping:
    kind = data.get("type") if isinstance(data, Mapping) else None
    options = data.get("options") if isinstance(data, Mapping) else None
    if kind == "range":
        return wire.read(RangeMapping, options, where)
    if kind == "special":
        return wire.read(SpecialMapping, options, where)
    if kind != "value" or not isinstance(options, Mapping):
        raise wire.wrong(data, where, "a mapping of type value, range or special with options")
    return ValueMapping({k: wire.read(MappingResult, v, f"{where}[{k!r}]") for k, v in options.items()})


@dataclass(slots=True)
class DataLink:
    """A link in a value's menu; `internal` opens Explore instead of a URL."""

    title: str | None = wire.key("title", wire.TEXT)
    url: str | None = wire.key("url", wire.TEXT)
    target_blank: bool | None = wire.key("targetBlank", wire.FLAG)
    internal: dict[str, Any] | None = wire.key("internal", wire.OBJECT)


@dataclass(slots=True)
class EnumConfig:
    """The texts that the numbers of an enum field stand for, and optionally their looks."""

    text: list[str] = wire.key("text", wire.many(wire.TEXT), factory=list, always=True)
    color: list[str] | None = wire.key("color", wire.many(wire.TEXT))
    icon: list[str] | None = wire.key("icon", wire.many(wire.TEXT))
    description: list[str] | None = wire.key("description", wire.many(wire.TEXT))


_ENUM = wire.of(EnumConfig)


def _read_type_config(data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise wire.wrong(data, where, "an object")
    return None if data.get("enum") is None else _ENUM.read(data["enum"], where)


_TYPE_CONFIG = wire.Form(lambda value, where: {"enum": _ENUM.write(value, where)}, _read_type_config)


@dataclass(slots=True, kw_only=True)
class FieldConfig:
    """The display of one field. What is None is left to Grafana and to the panel's own settings.

    >>> FieldConfig(unit="celsius", decimals=1).to_dict()
    {'unit': 'celsius', 'decimals': 1}
    """

    display_name: str | None = wire.key("displayName", wire.TEXT)
    display_name_from_ds: str | None = wire.key("displayNameFromDS", wire.TEXT)
    path: str | None = wire.key("path", wire.TEXT)
    description: str | None = wire.key("description", wire.TEXT)
    filterable: bool | None = wire.key("filterable", wire.FLAG)
    writeable: bool | None = wire.key("writeable", wire.FLAG)
    unit: str | None = wire.key("unit", wire.TEXT)
    decimals: int | None = wire.key("decimals", wire.integer(0, 2**16 - 1))
    min: float | None = wire.key("min", wire.NUMBER)
    max: float | None = wire.key("max", wire.NUMBER)
    interval: float | None = wire.key("interval", wire.FINITE)  # milliseconds, for a time field
    mappings: list[AnyMapping] | None = wire.key(
        "mappings", wire.many(wire.Form(_write_mapping, _read_mapping))
    )
    thresholds: Thresholds | None = wire.key("thresholds", wire.of(Thresholds))
    color: dict[str, Any] | None = wire.key("color", wire.OBJECT)
    links: list[DataLink] | None = wire.key("links", wire.many(wire.of(DataLink)))
    no_value: str | None = wire.key("noValue", wire.TEXT)
    enum: EnumConfig | None = wire.key("type", _TYPE_CONFIG)
    custom: dict[str, Any] | None = wire.key("custom", wire.OBJECT)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object that Grafana reads; FrameError names a value of the wrong form."""
        return wire.write(self, "config")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> FieldConfig:
        """The reverse of `to_dict`."""
        return wire.read(cls, data, "config")
