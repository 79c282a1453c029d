"""Converts a column called `time` to times, as Grafana's SQL data sources do; `$__time` gives it that name.

Databases without a type for instants (SQLite) return text or numbers, which a panel cannot plot and for which
an alert rule makes an instance for each row.
"""

from __future__ import annotations

from types import NoneType
from typing import Any

from plugin_sdk.data._convert.python_types import NANOSECONDS, Nanoseconds
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field import Field
from plugin_sdk.data.field_type import FieldType

_NAME = "time"
_OLDEST_SECONDS = 10**8
"""Smaller numbers (before 1973) are counts and the like, unless they come from a database."""


def with_named_time(fields: list[Field], *, is_sql: bool = False) -> list[Field]:
    """Return the fields with the one called `time` converted, if its texts or numbers are instants.

    Args:
        fields: of a table; nothing is converted if one is a time already.
        is_sql: whether they come from a database, where every number of that name is an instant.
    """
    places = [position for position, field in enumerate(fields) if field.name.lower() == _NAME]
    if len(places) != 1:
        return fields
    (position,) = places
    found = _as_time(fields[position], is_sql)
    if found is None or any(field.type is FieldType.TIME for field in fields):
        return fields
    return [*fields[:position], found, *fields[position + 1 :]]


def _as_time(field: Field, is_sql: bool) -> Field | None:
    values = field.to_list()
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {str}:
        return _of_texts(field, values)
    if not kinds or not kinds <= {int, float}:
        return None
    instants = [None if value is None else _of_number(value, is_sql) for value in values]
    if any(instant is None and value is not None for instant, value in zip(instants, values, strict=True)):
        return None
    return Field(field.name, instants, type=FieldType.TIME, labels=field.labels, config=field.config)


def _of_texts(field: Field, values: list[Any]) -> Field | None:
    made = Field(field.name, values, type=FieldType.TIME, labels=field.labels, config=field.config)
    try:
        return Field(field.name, made.check().column, labels=field.labels, config=field.config)
    except FrameError:
        return None


def _of_number(value: float, is_sql: bool) -> Nanoseconds | None:
    """Return the instant of a number, whose magnitude decides the unit; None if it is not an instant."""
    if value != value or (abs(value) < _OLDEST_SECONDS and not is_sql):
        return None
    for unit, limit in (("s", 10**11), ("ms", 10**14), ("us", 10**17)):
        if abs(value) < limit:
            return Nanoseconds(round(value * NANOSECONDS[unit]))
    return Nanoseconds(int(value)) if abs(value) < 2**63 else None
