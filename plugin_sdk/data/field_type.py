"""The field types that Grafana knows."""

from __future__ import annotations

from enum import Enum

from plugin_sdk.data.errors import FrameError


class FieldType(Enum):
    """What a field holds; each of them with or without nulls (`Field.nullable`)."""

    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT8 = "uint8"
    UINT16 = "uint16"
    UINT32 = "uint32"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"
    BOOL = "bool"
    TIME = "time"
    JSON = "json"
    ENUM = "enum"

    # Every frame looks types up in tables several times; Enum's own hash is written in Python.
    __hash__ = object.__hash__

    @classmethod
    def of(cls, name: FieldType | str) -> FieldType:
        """The type with this name, which may be Grafana's own (`time.Time`).

        >>> FieldType.of("float64")
        <FieldType.FLOAT64: 'float64'>
        """
        if isinstance(name, FieldType):
            return name
        found = _BY_NAME.get(name)
        if found is None:
            allowed = ", ".join(member.value for member in cls)
            raise FrameError(f"there is no field type {name!r}; expected one of {allowed}")
        return found

    @property
    def wire_name(self) -> str:
        """The name in `typeInfo.frame` of the JSON form."""
        return _WIRE_NAMES.get(self.value, self.value)

    @property
    def simple_name(self) -> str:
        """The name in `tstype` of the Arrow form, which the browser reads."""
        return _SIMPLE_NAMES.get(self, "number")

    @property
    def numeric(self) -> bool:
        """Whether a panel can draw it as a number."""
        return self not in _SIMPLE_NAMES


_WIRE_NAMES = {"time": "time.Time", "json": "json.RawMessage"}
_SIMPLE_NAMES = {
    FieldType.STRING: "string",
    FieldType.BOOL: "boolean",
    FieldType.TIME: "time",
    FieldType.JSON: "other",
    FieldType.ENUM: "enum",
}
_BY_NAME = {name: member for member in FieldType for name in (member.value, member.wire_name)}
