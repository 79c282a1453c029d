"""The field types of Grafana."""

from __future__ import annotations

from enum import Enum

from plugin_sdk.data.errors import FrameError


class FieldType(Enum):
    """The type of a field's values; each may have nulls (`Field.nullable`)."""

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

    # Types are looked up several times for each frame, and Enum's own hash is written in Python.
    __hash__ = object.__hash__

    @classmethod
    def of(cls, name: FieldType | str) -> FieldType:
        """Return the type with this name, which may also be Grafana's (`time.Time`).

        Examples:
            >>> FieldType.of("float64")
            <FieldType.FLOAT64: 'float64'>
        """
        if isinstance(name, FieldType):
            return name
        found = _BY_NAME.get(name)
        if found is None:
            allowed = ", ".join(member.value for member in cls)
            raise FrameError(f"unknown field type {name!r}; expected one of {allowed}")
        return found

    @property
    def wire_name(self) -> str:
        """The name in `typeInfo.frame` of the JSON format."""
        return _WIRE_NAMES.get(self.value, self.value)

    @property
    def simple_name(self) -> str:
        """The name in `tstype` of the Arrow format, which the browser reads."""
        return _SIMPLE_NAMES.get(self, "number")

    @property
    def numeric(self) -> bool:
        """Whether a panel can plot the values as numbers."""
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
