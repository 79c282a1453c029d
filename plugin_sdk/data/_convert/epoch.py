"""Instants from numbers, whose unit the caller has to say."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from plugin_sdk.data._convert.python_types import NANOSECONDS, Nanoseconds, plain
from plugin_sdk.data.errors import FrameError, shown

UNITS = ("s", "ms", "us", "ns")


def instants(values: Sequence[Any], unit: str) -> list[Nanoseconds | None]:
    """Each number as nanoseconds since 1970, exact; a float's fraction of a nanosecond is rounded."""
    if unit not in UNITS:
        raise FrameError(f"there is no unit {unit!r}; expected one of {', '.join(UNITS)}")
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
    raise FrameError(f"{shown(value)} is no instant; expected a number or None", row=row)
