"""Columns as lists of values and back; times remain whole nanoseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugin_sdk.data._checked import CheckedFrame
from plugin_sdk.data._convert import python
from plugin_sdk.data._convert.python_types import Nanoseconds
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.config import FieldConfig
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field import CheckedField, Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.frame import Frame

FACTORS = (FieldType.STRING, FieldType.BOOL)


def field_of(
    like: CheckedField, values: Sequence[Any], *, kind: FieldType | None = None, labels: Any = "same"
) -> Field:
    """Return a field like another with other values, which are raw as from `raw_list`."""
    kind = kind or like.column.type
    if kind is FieldType.TIME:
        values = [None if value is None else Nanoseconds(value) for value in values]
    try:
        column = python.column(values, kind)
    except FrameError as error:
        raise error.within(field=like.name) from error
    config = None if like.config is None else FieldConfig.from_dict(like.config)
    return Field(like.name, column, labels=like.labels if labels == "same" else labels, config=config)


class Series:
    """A checked time series: its time field, the fields that distinguish series, and those with values."""

    def __init__(self, table: Any) -> None:
        self.frame: CheckedFrame = (table if isinstance(table, Frame) else Frame.from_any(table)).check()
        self.meta = table.meta if isinstance(table, Frame) else None
        fields = self.frame.fields
        self.time = next((field for field in fields if field.column.type is FieldType.TIME), None)
        self.factors = [field for field in fields if field.column.type in FACTORS]
        known = [self.time, *self.factors]
        self.values = [field for field in fields if not any(field is one for one in known)]

    @property
    def kind(self) -> str:
        """How Grafana reads the frame: `long`, `wide`, or `not` a series."""
        if self.time is None or not self.values:
            return "not"
        return "long" if self.factors else "wide"

    def expect(self, kind: str) -> None:
        """Raise FrameError unless the frame is of this kind."""
        if self.kind != kind:
            shape = {"long": "a time, texts and numbers", "wide": "a time and numbers, without texts"}[kind]
            raise self.error(f"is a {self.kind} series; expected a {kind} one: {shape}")

    def instants(self, *, ascending: bool = True) -> list[int]:
        """Return the times, which must not be null and, if `ascending`, must be in order."""
        if self.time is None:
            raise self.error("has no time field")
        instants = raw_list(self.time.column)
        for row, instant in enumerate(instants):
            if instant is None:
                raise self.error("null, where a series needs a time", self.time.name, row)
            if ascending and row and instant < instants[row - 1]:
                problem = "is earlier than the row before; sort the rows by time (ORDER BY, or sort=True)"
                raise self.error(problem, self.time.name, row)
        return instants

    def error(self, problem: str, field: str | None = None, row: int | None = None) -> FrameError:
        """Return an error that names the frame."""
        return FrameError(problem, frame=self.frame.name or self.frame.ref_id, field=field, row=row)


def label_text(value: Any) -> str:
    """Return a factor as the text of a label."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
