"""The field type of Python values, and the Python equivalent of foreign scalars."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from types import NoneType
from typing import Any
from uuid import UUID

from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field_type import FieldType


class Nanoseconds(int):
    """An instant as nanoseconds since 1970-01-01 UTC, distinct from plain int."""

    def isoformat(self) -> str:
        """Return RFC 3339 in UTC, with a fraction only as long as needed: 2024-01-01T00:00:00.5Z."""
        seconds, fraction = divmod(self, 10**9)
        whole = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds)
        return f"{whole:%Y-%m-%dT%H:%M:%S}" + f".{fraction:09}".rstrip("0").rstrip(".") + "Z"


_TYPES: dict[type, FieldType] = {
    bool: FieldType.BOOL,
    int: FieldType.INT64,
    float: FieldType.FLOAT64,
    Decimal: FieldType.FLOAT64,
    Fraction: FieldType.FLOAT64,
    timedelta: FieldType.FLOAT64,
    str: FieldType.STRING,
    UUID: FieldType.STRING,
    time: FieldType.STRING,
    datetime: FieldType.TIME,
    date: FieldType.TIME,
    Nanoseconds: FieldType.TIME,
    dict: FieldType.JSON,
    list: FieldType.JSON,
    tuple: FieldType.JSON,
}
KNOWN = (
    "None, bool, int, float, Decimal, str, datetime, date, time, timedelta, UUID, Enum, dict, list or tuple"
)


def plain(values: Sequence[Any]) -> tuple[Sequence[Any], set[type]]:
    """Return the values and their types, with foreign values replaced by Python equivalents.

    Foreign values are numpy scalars, pandas' nulls and Enum members.
    """
    kinds = set(map(type, values))
    if any(map(_foreign, kinds)):
        values = [_plain_at(row, value) for row, value in enumerate(values)]
        kinds = set(map(type, values))
    if float in kinds and not kinds.isdisjoint(_NOT_NUMBERS):
        return _without_nan(values, kinds)
    return values, kinds


_NOT_NUMBERS = frozenset({bool, str, datetime, date, time, UUID, dict, list, tuple})


def _without_nan(values: Sequence[Any], kinds: set[type]) -> tuple[Sequence[Any], set[type]]:
    """Return the values with NaN as null: beside texts, flags or times it is what pandas writes for it."""
    if any(type(value) is float and value == value for value in values):
        return values, kinds
    return [None if type(value) is float else value for value in values], kinds - {float} | {NoneType}


def _plain_at(row: int, value: Any) -> Any:
    try:
        return _plain(value)
    except FrameError as error:
        raise FrameError(error.problem, row=row) from error


def derive(values: Sequence[Any], kinds: set[type]) -> FieldType:
    """Return the field type for all these values; a column of nulls alone is numeric."""
    found = {_type_of(kind, values) for kind in kinds if kind is not NoneType}
    if timedelta in kinds and kinds - {timedelta, NoneType}:
        raise _mixed(values)  # a number beside a duration lacks a unit
    if found <= {FieldType.INT64, FieldType.FLOAT64}:
        return FieldType.FLOAT64 if found != {FieldType.INT64} else _width(values)
    if len(found) == 1:
        return found.pop()
    raise _mixed(values)


def _width(values: Sequence[Any]) -> FieldType:
    """Return int64 for whole numbers, or uint64 if one is too large."""
    largest = max(value for value in values if value is not None)
    return FieldType.UINT64 if largest > 2**63 - 1 else FieldType.INT64


def _type_of(kind: type, values: Sequence[Any]) -> FieldType:
    for base in kind.__mro__:
        if base in _TYPES:
            return _TYPES[base]
    row = next(row for row, value in enumerate(values) if type(value) is kind)
    hint = "; decode it to str first" if issubclass(kind, bytes | bytearray) else ""
    raise FrameError(f"{shown(values[row])} cannot be a value of a field; expected {KNOWN}{hint}", row=row)


def _mixed(values: Sequence[Any]) -> FrameError:
    rows = ((row, value) for row, value in enumerate(values) if value is not None)
    first_row, first = next(rows)
    expected = _named(first, values)
    names = ((row, value, _named(value, values)) for row, value in rows)
    numbers = {"int64", "float64"}
    row, value, found = next(one for one in names if one[2] != expected and {one[2], expected} != numbers)
    problem = f"{shown(value)} is {found}, but row {first_row} is {expected}"
    return FrameError(f"{problem}; the values of a field have one type", row=row)


def _named(value: Any, values: Sequence[Any]) -> str:
    return "a duration" if isinstance(value, timedelta) else _type_of(type(value), values).value


_FOREIGN = frozenset({"numpy", "pandas", "ipaddress", "pathlib"})


def _foreign(kind: type) -> bool:
    return issubclass(kind, Enum) or kind.__module__.partition(".")[0] in _FOREIGN


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind.__name__ in ("NaTType", "NAType") and _foreign(kind):
        return None
    if isinstance(value, Enum):
        return value.value
    if kind.__name__ == "Interval" or kind.__module__.partition(".")[0] in ("ipaddress", "pathlib"):
        return str(value)
    if kind.__module__.partition(".")[0] == "numpy":
        return _plain_numpy(value)
    return value


def _plain_numpy(value: Any) -> Any:
    if not hasattr(value, "dtype"):
        return value
    if value.dtype.kind in "mM":
        return _plain_numpy_time(value)
    item = value.tolist()
    return (
        value if type(item) is type(value) else item
    )  # longdouble is not converted, and its name is in the error


def _plain_numpy_time(value: Any) -> Any:
    """Return a numpy time, converted in Python's integers; numpy's conversion may wrap around silently."""
    numpy = sys.modules["numpy"]
    if numpy.isnat(value):
        return None
    unit, step = numpy.datetime_data(value.dtype)
    if unit in ("Y", "M", "generic") and value.dtype.kind == "m":
        raise FrameError(f"{shown(value)} has no fixed length; expected a timedelta64 of weeks or less")
    if unit in ("Y", "M"):
        value, unit, step = value.astype("datetime64[D]"), "D", 1
    count = int(value.astype("int64")) * step
    scaled, remainder = divmod(count * NANOSECONDS.get(unit, 1), ATTO_DIVISORS.get(unit, 1))
    if value.dtype.kind == "m":
        return (scaled + remainder / ATTO_DIVISORS.get(unit, 1)) / 10**9
    if remainder:
        raise FrameError(f"{shown(value)} is finer than a nanosecond, the resolution of a time field")
    return Nanoseconds(scaled)


NANOSECONDS = {
    "W": 604_800 * 10**9,
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}
ATTO_DIVISORS = {"ps": 10**3, "fs": 10**6, "as": 10**9}
_EPOCH_UNITS = ("s", "ms", "us", "ns")


def instants_from_numbers(values: Sequence[Any], unit: str) -> list[Nanoseconds | None]:
    """Return each number as nanoseconds since 1970; only a fraction of a nanosecond is rounded."""
    if unit not in _EPOCH_UNITS:
        raise FrameError(f"unknown unit {unit!r}; expected one of {', '.join(_EPOCH_UNITS)}")
    factor = NANOSECONDS[unit]
    numbers, _ = plain(list(values))
    return [_instant(row, value, factor) for row, value in enumerate(numbers)]


def _instant(row: int, value: Any, factor: int) -> Nanoseconds | None:
    if value is None:
        return None
    if type(value) is int:
        return Nanoseconds(value * factor)
    if type(value) is float and value - value == 0:  # finite
        return Nanoseconds(round(Fraction(value) * factor))
    raise FrameError(f"{shown(value)} is not an instant; expected a number or None", row=row)
