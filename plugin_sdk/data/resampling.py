"""Resamples a time series to the interval that the panel requested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil
from typing import Any, Protocol

from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data._values import Series, field_of
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field import CheckedField, Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.frame import Frame
from plugin_sdk.data.meta import FrameMeta, FrameType
from plugin_sdk.data.timeseries import Fill, filled

_MILLISECOND = 10**6
_MOST_POINTS = 1_000_000


class Range(Protocol):
    """From and to in milliseconds since 1970, as in `TimeRange`."""

    @property
    def from_ms(self) -> int: ...  # noqa: D102  # named by the class
    @property
    def to_ms(self) -> int: ...  # noqa: D102


class Query(Protocol):
    """The part of a `DataQuery` that is used here."""

    @property
    def time_range(self) -> Range: ...  # noqa: D102  # named by the class
    @property
    def interval_ms(self) -> int: ...  # noqa: D102
    @property
    def max_data_points(self) -> int: ...  # noqa: D102


def _mean(values: Sequence[Any]) -> float:
    return float(sum(values) / len(values))


_AGGREGATES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "mean": _mean,
    "sum": sum,
    "min": min,
    "max": max,
    "first": lambda values: values[0],
    "last": lambda values: values[-1],
    "count": len,
}


def interval_of(query: Query) -> int:
    """Return the query's interval in milliseconds, so that the range fits its maximum of data points.

    Without an interval and a maximum it is one second.
    """
    length = query.time_range.to_ms - query.time_range.from_ms
    fewest = ceil(length / query.max_data_points) if query.max_data_points > 0 else 0
    return max(query.interval_ms, fewest) or 1000


def resample(
    table: Any, query: Query, *, aggregate: str = "mean", fill: Fill = "null", interval_ms: int | None = None
) -> Frame:
    """Return one point for each interval of the query's range, aggregated from the values in it.

    Intervals start at multiples of their length since 1970, as in Grafana. `aggregate` is mean, sum, min,
    max, first, last or count; nulls are ignored. `fill` is used for intervals without values. A table without
    rows has no points.
    """
    series = Series(table)
    meta = replace(series.meta or FrameMeta(), type=FrameType.TIMESERIES_WIDE, type_version=(0, 1))
    if not len(series.frame):
        return Frame(series.frame.name, ref_id=series.frame.ref_id, meta=meta)
    series.expect("wide")
    step = interval_of(query) if interval_ms is None else interval_ms
    if aggregate not in _AGGREGATES:
        raise FrameError(f"unknown aggregate {aggregate!r}; expected one of {', '.join(_AGGREGATES)}")
    if step <= 0:
        raise FrameError(f"the interval is {step} ms; expected at least 1")
    starts = _starts(query.time_range, step)
    buckets = _buckets(series.instants(), starts, step, query.time_range)
    fields = [_resampled(field, buckets, len(starts), aggregate, fill) for field in series.values]
    assert series.time is not None  # expect() has checked it
    time = field_of(series.time, [start * _MILLISECOND for start in starts])
    return Frame(series.frame.name, time, *fields, ref_id=series.frame.ref_id, meta=meta)


def _starts(time_range: Range, step: int) -> range:
    starts = range(time_range.from_ms // step * step, time_range.to_ms + 1, step)
    if len(starts) > _MOST_POINTS:
        raise FrameError(
            f"the range has {len(starts):,} intervals of {step} ms; expected up to {_MOST_POINTS:,}"
        )
    return starts


def _buckets(instants: list[int], starts: range, step: int, time_range: Range) -> list[int | None]:
    """Return the index of each row's interval; None outside the range."""
    first, last = time_range.from_ms * _MILLISECOND, time_range.to_ms * _MILLISECOND
    begin, width = starts.start * _MILLISECOND, step * _MILLISECOND
    return [(instant - begin) // width if first <= instant <= last else None for instant in instants]


def _resampled(
    field: CheckedField, buckets: list[int | None], count: int, aggregate: str, fill: Fill
) -> Field:
    kind = field.column.type
    if not kind.numeric and kind is not FieldType.ENUM:
        raise FrameError(f"is {kind.value}; expected a number to resample", field=field.name)
    groups: dict[int, list[Any]] = {}
    for bucket, value in zip(buckets, raw_list(field.column), strict=True):
        if bucket is not None and value is not None:
            groups.setdefault(bucket, []).append(value)
    values: list[Any] = [None] * count
    for bucket, found in groups.items():
        values[bucket] = _AGGREGATES[aggregate](found)
    kind = {"mean": FieldType.FLOAT64, "count": FieldType.INT64}.get(aggregate, kind)
    return field_of(field, filled(values, set(groups), fill, field), kind=kind)
