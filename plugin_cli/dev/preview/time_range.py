"""Grafana's ways to write a moment: milliseconds since 1970, or relative to now."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

_RELATIVE = re.compile(r"now(?P<shift>(?:[+-]\d+[smhdwMy])*)(?:/(?P<round>[smhdwMy]))?")
_SHIFT = re.compile(r"([+-]\d+)([smhdwMy])")
_SHOWN_LETTERS = 60
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class TimeError(ValueError):
    """An invalid time; the message lists what is allowed."""


def parse_moment(value: object, now: datetime, *, end: bool = False) -> int:
    """Return milliseconds since 1970.

    Args:
        value: milliseconds as number or text, ISO 8601 text, `now`, `now-6h`, `now-1d/d`.
        now: the moment that `now` means, in UTC.
        end: round `/d` up to the unit's last millisecond, as the end of a range does.

    Raises:
        TimeError: it is none of these.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _error(value)
    if not isinstance(value, str):
        return _in_range(value)
    text = value.strip()
    if re.fullmatch(r"-?[0-9]{1,18}", text):
        return int(text)
    match = _RELATIVE.fullmatch(text)
    if match is not None:
        return _relative(match, now, end)
    try:
        moment = datetime.fromisoformat(text)
        return _milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise _error(value) from error


def _in_range(value: float) -> int:
    """Return whole milliseconds; the protocol has 64 bits for them."""
    if not -(2**63) <= value < 2**63:  # not a number is neither
        raise _error(value)
    return int(value)


def _error(value: object) -> TimeError:
    text = repr(value) if len(repr(value)) <= _SHOWN_LETTERS else f"{repr(value)[:_SHOWN_LETTERS]}…"
    return TimeError(
        f"invalid time {text}: expected milliseconds since 1970, 'now' or a shift such as 'now-6h'"
    )


def _relative(match: re.Match[str], now: datetime, end: bool) -> int:
    moment = now
    try:
        for amount, unit in _SHIFT.findall(match["shift"]):
            moment = _shift(moment, int(amount), unit)
        if match["round"]:
            moment = _floor(moment, match["round"])
            if end:
                moment = _shift(moment, 1, match["round"]) - timedelta(milliseconds=1)
    except (OverflowError, ValueError) as error:
        raise TimeError(f"{match[0][:_SHOWN_LETTERS]!r} lies outside the calendar") from error
    return _milliseconds(moment)


def _shift(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return moment + timedelta(seconds=amount * _SECONDS[unit])
    months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "w":
        # Weeks begin on Monday, as ISO has them.
        moment = moment - timedelta(days=moment.weekday())
    order = ("y", "M", "d", "h", "m", "s")
    kept = order.index("d" if unit == "w" else unit)
    parts = {"microsecond": 0}
    names = {"M": ("month", 1), "d": ("day", 1), "h": ("hour", 0), "m": ("minute", 0), "s": ("second", 0)}
    for smaller in order[kept + 1 :]:
        name, first = names[smaller]
        parts[name] = first
    return moment.replace(**parts)  # type: ignore[arg-type]  # a dict of ints fits each of these names


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
