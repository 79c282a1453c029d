"""Equidistant times take a short cut, whose result is that of converting each time by itself."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_sdk.data import Field, FrameError
from plugin_sdk.data._convert import times
from plugin_sdk.data._convert.python import nanoseconds
from plugin_sdk.data._convert.to_python import raw_list

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START = datetime(2026, 3, 28, 12, tzinfo=UTC)
_COUNTS = (32, 33, 1023, 1024, 1025, 2048, 3000)
_STEPS = {
    "a microsecond": timedelta(microseconds=1),
    "a minute": timedelta(minutes=1),
    "a day and a bit": timedelta(days=1, seconds=7, microseconds=3),
    "backwards": timedelta(seconds=-15),
    "nothing": timedelta(),
}


def converted(values: list[datetime]) -> list[int]:
    found: list[int] = raw_list(Field("time", values).check().column)
    return found


def one_by_one(values: list[datetime]) -> list[int]:
    return [nanoseconds(value) for value in values]


@pytest.mark.parametrize("count", _COUNTS)
@pytest.mark.parametrize("step", _STEPS.values(), ids=_STEPS)
def test_equidistant_times_are_those_of_a_range(
    count: int, step: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    real = times._equidistant

    def equidistant(*given: int) -> array[int]:
        taken.append(1)
        return real(*given)

    monkeypatch.setattr(times, "_equidistant", equidistant)
    values = [_START + step * row for row in range(count)]

    assert converted(values) == one_by_one(values)
    assert taken == [1], "the short cut was not taken"


@pytest.mark.parametrize("odd", [0, 1, 2, 31, 32, 1023, 1024, -1])
def test_one_time_off_the_beat_is_kept(odd: int) -> None:
    values = [_START + timedelta(seconds=row) for row in range(1500)]
    values[odd] += timedelta(microseconds=1)

    assert converted(values) == one_by_one(values)


def _wall(zone: tzinfo | None, start: datetime, step: timedelta = timedelta(minutes=30)) -> list[datetime]:
    return [start.replace(tzinfo=zone) + step * row for row in range(100)]


_CHANGE = datetime(2026, 3, 28, 12)  # Europe's clocks go forward in the night after
_ZONES: dict[str, Callable[[], list[datetime]]] = {
    "naive": lambda: _wall(None, _CHANGE),
    "UTC": lambda: _wall(UTC, _CHANGE),
    "a fixed offset": lambda: _wall(timezone(timedelta(hours=5, minutes=45)), _CHANGE),
    "ZoneInfo of UTC": lambda: _wall(ZoneInfo("UTC"), _CHANGE),
    "equal by the clock over the change to summer time": lambda: _wall(ZoneInfo("Europe/Berlin"), _CHANGE),
    "equal by the clock over the change to winter time": lambda: _wall(
        ZoneInfo("Europe/Berlin"), datetime(2026, 10, 24, 12)
    ),
    "equal in truth over the change": lambda: [
        value.astimezone(ZoneInfo("Europe/Berlin")) for value in _wall(UTC, _CHANGE)
    ],
    "two zones in turns": lambda: [
        value.astimezone(timezone(timedelta(hours=row % 2))) for row, value in enumerate(_wall(UTC, _CHANGE))
    ],
    "the first in UTC, the rest in a zone": lambda: [
        value.astimezone(ZoneInfo("Europe/Berlin")) if row else value
        for row, value in enumerate(_wall(UTC, _CHANGE))
    ],
    "the first in UTC, the rest as if summer time did not exist": lambda: [
        *_wall(UTC, _CHANGE)[:1],
        *_wall(ZoneInfo("Europe/Berlin"), _CHANGE + timedelta(hours=1))[1:],
    ],
    "both occurrences of an hour": lambda: [
        datetime(2026, 10, 25, 2, tzinfo=ZoneInfo("Europe/Berlin"), fold=row % 2) for row in range(100)
    ],
    "a class of the author's own": lambda: _wall(_Summer(), _CHANGE),
    "the end of all time": lambda: _wall(UTC, datetime(2262, 4, 11, 23, 47, 16), timedelta(microseconds=1)),
    "the start of all time": lambda: _wall(UTC, datetime(1677, 9, 21, 0, 12, 44), timedelta(microseconds=-1)),
}


class _Summer(tzinfo):
    """A zone that claims a fixed offset, but has summer time from 2026-03-29."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(
            hours=2 if moment is not None and moment.replace(tzinfo=None) >= datetime(2026, 3, 29) else 1
        )

    def dst(self, moment: datetime | None) -> timedelta:
        return self.utcoffset(moment) - timedelta(hours=1)

    def tzname(self, _moment: datetime | None) -> str:
        return "summer"


@pytest.mark.parametrize("make", _ZONES.values(), ids=_ZONES)
def test_zones_are_respected(make: Callable[[], list[datetime]]) -> None:
    values = make()

    assert converted(values) == one_by_one(values)


@pytest.mark.parametrize("last", [datetime(9999, 12, 31, 23, 59), datetime(1, 1, 1), datetime(2262, 4, 12)])
@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(seconds=-1), timedelta(days=3_000)])
def test_equidistant_times_out_of_range_are_refused(last: datetime, step: timedelta) -> None:
    values = []
    for row in range(40):
        try:
            values.append(last.replace(tzinfo=UTC) - step * (39 - row))
        except OverflowError:
            values.append(last.replace(tzinfo=UTC))

    with pytest.raises(FrameError, match=r"row \d+.*outside 1677-09-21 to 2262-04-11"):
        Field("time", values).check()


def test_naive_and_aware_times_may_be_mixed_as_before() -> None:
    values = [_START + timedelta(seconds=row) for row in range(64)]
    values[40] = values[40].replace(tzinfo=None)

    assert converted(values) == one_by_one(values)


def test_nulls_among_equidistant_times() -> None:
    values = [_START + timedelta(seconds=row) for row in range(64)]
    field = Field("time", [None if row == 3 else value for row, value in enumerate(values)])

    assert field.to_list() == [None if row == 3 else value for row, value in enumerate(values)]


@given(
    start=st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1)),
    step=st.timedeltas(timedelta(days=-10), timedelta(days=10)),
    count=st.integers(32, 1100),
    odd=st.none() | st.integers(0, 1099),
)
def test_any_start_step_and_length(start: datetime, step: timedelta, count: int, odd: int | None) -> None:
    values = [start.replace(tzinfo=UTC) + step * row for row in range(count)]
    if odd is not None and odd < count:
        values[odd] += timedelta(seconds=1)

    assert converted(values) == [(value - _EPOCH) // timedelta(microseconds=1) * 1000 for value in values]
