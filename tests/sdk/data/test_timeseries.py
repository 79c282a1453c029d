"""Long, wide and multi series; gaps; intervals; and the frame type for alerting."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plugin_sdk.data import (
    Field,
    FieldConfig,
    Frame,
    FrameError,
    FrameMeta,
    FrameType,
    frames_from_any,
    interval_of,
    long_to_wide,
    multi_to_wide,
    resample,
    time_series_type,
    wide_to_long,
    wide_to_multi,
)
from plugin_sdk.data.macros import Span

T0 = datetime(2026, 3, 29, tzinfo=UTC)
MINUTES = [T0 + timedelta(minutes=minute) for minute in range(5)]
START_MS = int(T0.timestamp() * 1000)
COLUMNS = ["time", "station", "value"]
LONG = [(MINUTES[0], "a", 1.0), (MINUTES[0], "b", 2.0), (MINUTES[1], "a", 3.0), (MINUTES[2], "b", None)]


def _long(rows: list[tuple[Any, ...]] = LONG) -> Frame:
    return Frame.from_rows(rows, COLUMNS, name="long", ref_id="A")


def _series(frame: Frame) -> list[tuple[dict[str, str] | None, list[Any]]]:
    return [(field.labels, field.to_list()) for field in frame.fields[1:]]


@pytest.mark.parametrize(
    ("fill", "a", "b"),
    [
        ("null", [1.0, 3.0, None], [2.0, None, None]),
        (None, [1.0, 3.0, None], [2.0, None, None]),
        ("previous", [1.0, 3.0, 3.0], [2.0, 2.0, None]),
        (0, [1.0, 3.0, 0.0], [2.0, 0.0, None]),
    ],
)
def test_gaps_are_filled_and_existing_nulls_are_kept(fill: Any, a: list[Any], b: list[Any]) -> None:
    wide = long_to_wide(_long(), fill=fill)

    assert wide.fields[0].to_list() == MINUTES[:3]
    assert _series(wide) == [({"station": "a"}, a), ({"station": "b"}, b)]
    assert wide.meta == FrameMeta(type=FrameType.TIMESERIES_WIDE, type_version=(0, 1))
    assert (wide.name, wide.ref_id) == ("long", "A")


def test_display_and_metadata_of_a_long_frame_are_kept() -> None:
    config, meta = FieldConfig(unit="celsius"), FrameMeta(executed_query_string="SELECT 1")
    frame = Frame("f", *_long().fields[:2], Field("value", [1.0] * 4, config=config), meta=meta)

    wide = long_to_wide(frame)

    assert [field.config for field in wide.fields] == [None, config, config]
    assert wide.meta == replace(meta, type=FrameType.TIMESERIES_WIDE, type_version=(0, 1))
    assert meta.type is None


WRONG_LONG: dict[str, tuple[list[tuple[Any, ...]], str]] = {
    "unsorted": (
        [LONG[2], LONG[0]],
        'field "time", row 1: is earlier than the row before; sort the rows by time',
    ),
    "null time": ([LONG[0], (None, "a", 1.0)], 'field "time", row 1: null, where a series needs a time'),
    "twice": (
        [LONG[0], LONG[0]],
        "row 1: a second value of {station=a} at the same time; group by the texts",
    ),
    "no time": ([("x", "a", 1.0)], "is a not series; expected a long one"),
}


@pytest.mark.parametrize("name", WRONG_LONG)
def test_a_table_that_is_not_a_long_series_is_an_error(name: str) -> None:
    rows, expected = WRONG_LONG[name]

    with pytest.raises(FrameError) as caught:
        long_to_wide(_long(rows))

    assert 'frame "long"' in str(caught.value)
    assert expected in str(caught.value)


def test_flags_and_nulls_are_labels_too() -> None:
    table = {"t": [T0] * 3, "up": [True, False, False], "s": ["a", "a", None], "v": [1, 2, 3]}

    labels = [field.labels for field in long_to_wide(table).fields[1:]]

    assert labels == [{"up": "false", "s": ""}, {"up": "false", "s": "a"}, {"up": "true", "s": "a"}]


NO_ROWS: dict[str, Frame] = {
    "typed": Frame("f", Field("t", [], type="time"), Field("s", [], type="string"), Field("v", [])),
    "untyped": Frame("f", Field("t", []), Field("v", [])),
    "without fields": Frame("f"),
}
SHAPERS: dict[str, Any] = {
    "long_to_wide": long_to_wide,
    "long_to_wide sorted": lambda table: long_to_wide(table, sort=True),
    "wide_to_long": wide_to_long,
    "wide_to_multi": lambda table: wide_to_multi(table)[0],
    "multi_to_wide": lambda table: multi_to_wide([table]),
    "resample": lambda table: resample(table, Span(0, 1000)),
}


@pytest.mark.parametrize("table", NO_ROWS)
@pytest.mark.parametrize("shaper", SHAPERS)
def test_without_rows_only_the_metadata_is_kept(shaper: str, table: str) -> None:
    frame = NO_ROWS[table]
    frame.meta = FrameMeta(executed_query_string="SELECT 1")

    shaped = SHAPERS[shaper](frame)

    assert (len(shaped), shaped.name, shaped.meta.executed_query_string) == (0, "f", "SELECT 1")


def test_a_table_with_the_right_shape_is_returned_unchanged() -> None:
    wide = Frame("w", Field("t", MINUTES[:2]), Field("v", [1.0, 2.0], labels={"s": "a"}))

    assert _series(long_to_wide(wide)) == [({"s": "a"}, [1.0, 2.0])]
    assert [field.to_list() for field in wide_to_long(_long()).fields] == [
        list(column) for column in zip(*LONG, strict=True)
    ]
    backwards = Frame("w", Field("t", MINUTES[1::-1]), Field("v", [2.0, 1.0]))
    assert _series(long_to_wide(backwards, sort=True)) == [(None, [1.0, 2.0])]
    with pytest.raises(FrameError, match="earlier than the row before"):
        long_to_wide(backwards)


def test_frames_without_rows_are_ignored_beside_others() -> None:
    some = Frame("a", Field("t", MINUTES[:1]), Field("v", [1]))

    assert _series(multi_to_wide([NO_ROWS["untyped"], some])) == [(None, [1])]


def test_rows_are_sorted_on_request() -> None:
    assert _series(long_to_wide(_long(LONG[::-1]), sort=True)) == _series(long_to_wide(_long()))


def test_an_unknown_fill_is_an_error() -> None:
    with pytest.raises(FrameError, match='fill is \'last\'; expected "null", "previous" or a number'):
        long_to_wide(_long(), fill="last")


def test_too_many_series_are_refused_early() -> None:
    count = 4000
    times = [T0 + timedelta(seconds=row) for row in range(count)]
    frame = Frame(
        "f", Field("t", times), Field("s", [str(row) for row in range(count)]), Field("v", [1.0] * count)
    )
    with pytest.raises(FrameError, match="4000 series would need more than 10,000,000 cells"):
        long_to_wide(frame)


def test_wide_to_long_and_back_is_the_same() -> None:
    wide = long_to_wide(_long())

    again = long_to_wide(wide_to_long(wide))

    assert _series(again) == _series(wide)
    assert time_series_type(wide_to_long(wide)) == "long"
    assert time_series_type(wide) == "wide"
    assert time_series_type({"a": [1]}) == "not"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (Field("v", [2]), "is int64, but another field of this name is float64"),
        (Field("v", [2.0]), "there are two fields of this name with the same labels"),
    ],
)
def test_two_values_under_one_name_are_refused(second: Field, expected: str) -> None:
    with pytest.raises(FrameError, match=expected):
        wide_to_long(Frame("f", Field("t", [T0]), Field("v", [1.0]), second))


def test_multi_has_one_frame_for_each_series_and_goes_back() -> None:
    wide = long_to_wide(_long())

    multi = wide_to_multi(wide)

    assert [frame.meta and frame.meta.type for frame in multi] == [FrameType.TIMESERIES_MULTI] * 2
    assert _series(multi_to_wide(multi)) == _series(wide)


def test_series_of_different_times_share_an_axis() -> None:
    frames = [
        Frame("a", Field("t", [MINUTES[0], MINUTES[2]]), Field("a", [1, 2])),
        Frame("b", Field("t", [MINUTES[1]]), Field("b", [3])),
    ]

    wide = multi_to_wide(frames, fill="previous")

    assert wide.fields[0].to_list() == MINUTES[:3]
    assert [values for _, values in _series(wide)] == [[1, 1, 2], [None, 3, 3]]
    assert multi_to_wide([]).fields == []


def _span(minutes: int, interval_ms: int = 120_000, points: int = 0) -> Span:
    return Span(START_MS, START_MS + minutes * 60_000, interval_ms, points)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        ("mean", [1.5, 4.0, 5.0]),
        ("sum", [3, 4, 5]),
        ("min", [1, 4, 5]),
        ("max", [2, 4, 5]),
        ("first", [1, 4, 5]),
        ("last", [2, 4, 5]),
        ("count", [2, 1, 1]),
    ],
)
def test_an_interval_aggregates_its_values(aggregate: str, expected: list[Any]) -> None:
    frame = {"time": MINUTES, "value": [1, 2, None, 4, 5]}

    found = resample(frame, _span(4), aggregate=aggregate)

    assert found.fields[0].to_list() == MINUTES[::2]
    assert found.fields[1].to_list() == expected
    assert found.meta is not None
    assert (found.meta.type, found.meta.type_version) == (FrameType.TIMESERIES_WIDE, (0, 1))


def test_empty_intervals_are_filled_and_the_range_is_respected() -> None:
    frame = {"time": [T0 - timedelta(minutes=1), MINUTES[0], MINUTES[4]], "value": [9.0, 1.0, 2.0]}

    assert resample(frame, _span(3)).fields[1].to_list() == [1.0, None]
    assert resample(frame, _span(4), fill="previous").fields[1].to_list() == [1.0, 1.0, 2.0]
    assert resample(frame, _span(4), fill=-1, interval_ms=60_000).fields[1].to_list() == [
        1.0,
        -1,
        -1,
        -1,
        2.0,
    ]


def test_intervals_start_at_their_multiples() -> None:
    span = Span(START_MS + 30_000, START_MS + 90_000, 60_000)

    assert resample({"time": MINUTES, "v": [1, 2, 3, 4, 5]}, span).fields[0].to_list() == MINUTES[:2]


@pytest.mark.parametrize(
    ("span", "expected"),
    [(_span(60), 120_000), (_span(60, 1000, 60), 60_000), (_span(60, 0, 0), 1000), (Span(9, 5, 0, 5), 1000)],
)
def test_the_interval_is_long_enough_for_the_data_points(span: Span, expected: int) -> None:
    assert interval_of(span) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"aggregate": "median"}, "unknown aggregate 'median'; expected one of mean, sum"),
        ({"interval_ms": 0}, "the interval is 0 ms; expected at least 1"),
        ({"interval_ms": 1, "minutes": 60}, "has 3,600,001 intervals of 1 ms; expected up to 1,000,000"),
    ],
)
def test_invalid_resampling_is_an_error(options: dict[str, Any], expected: str) -> None:
    span = _span(options.pop("minutes", 4))
    with pytest.raises(FrameError, match=expected):
        resample({"time": MINUTES, "value": [1] * 5}, span, **options)


def test_only_numbers_are_resampled() -> None:
    frame = {"time": MINUTES, "value": [{}] * 5}
    with pytest.raises(FrameError, match='field "value": is json; expected a number'):
        resample(frame, _span(4))


def _type(answer: Any) -> Any:
    (frame,) = frames_from_any(answer)
    return frame.meta and (frame.meta.type, frame.meta.type_version)


LONG_TYPE = (FrameType.TIMESERIES_LONG, (0, 1))
_TABLE: dict[str, list[Any]] = {"time": MINUTES[:2], "station": ["a", "b"], "value": [1.0, 2.0]}


@pytest.mark.parametrize(
    "answer",
    [
        _TABLE,
        Frame.from_any(_TABLE),
        [Frame.from_any(_TABLE)],
        pd.DataFrame(_TABLE),
        {**_TABLE, "country": ["x", None], "count": [1, 2]},
        {**_TABLE, "time": np.array([1, 1], "M8[s]")},
        {**_TABLE, "up": [True, False]},
        {**_TABLE, "time": [MINUTES[1], MINUTES[0]], "station": ["a", "a"]},
        Frame("f", *(Field(name, [*values][::-1]) for name, values in _TABLE.items())),
    ],
)
def test_a_labelled_long_result_is_typed_for_alerting(answer: Any) -> None:
    assert _type(answer) == LONG_TYPE


@pytest.mark.parametrize(
    "answer",
    [
        {"time": MINUTES, "value": [1.0] * 5},  # wide: needs no type
        {"station": ["a"], "value": [1.0]},  # a table of numbers: needs no type
        {**_TABLE, "time": [MINUTES[0], None]},
        {**_TABLE, "time": [MINUTES[0]] * 2, "station": ["a", "a"]},
        {**_TABLE, "until": MINUTES[:2]},
        {**_TABLE, "document": [{}, {}]},
        {
            **_TABLE,
            "time": [MINUTES[1], MINUTES[0], MINUTES[2]],
            "station": ["a", "a", "a"],
            "value": [1, 2, 3],
        },
        Frame("f", *Frame.from_any(_TABLE).fields[:2], Field("value", [1, 2], labels={"a": "b"})),
    ],
)
def test_an_uncertain_shape_gets_no_type(answer: Any) -> None:
    assert _type(answer) is None


@pytest.mark.parametrize(
    "meta",
    [
        FrameMeta(type=FrameType.TABLE),
        FrameMeta(type=FrameType.NUMERIC_LONG, type_version=(0, 1)),
        FrameMeta(data_topic="annotations"),
        FrameMeta(channel="ds/x/y"),
    ],
)
def test_the_authors_own_type_is_kept(meta: FrameMeta) -> None:
    (frame,) = frames_from_any(Frame.from_any(_TABLE, meta=meta))

    assert frame.meta == meta


def test_several_frames_get_no_types() -> None:
    assert [frame.meta for frame in frames_from_any([Frame.from_any(_TABLE), Frame.from_any(_TABLE)])] == [
        None
    ] * 2


def test_a_table_sorted_by_series_is_sorted_by_time_but_an_authors_frame_is_not() -> None:
    rows = sorted((row for row in LONG if row[2] is not None), key=lambda row: row[1])
    rows.append((MINUTES[2], "b", 5.0))
    as_dicts = [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    (table,), (frame,) = frames_from_any(as_dicts), frames_from_any(_long(rows))

    assert table.fields[0].to_list() == [MINUTES[0], MINUTES[0], MINUTES[1], MINUTES[2]]
    assert table.fields[1].to_list() == ["a", "b", "a", "b"]
    assert table.meta is not None
    assert table.meta.type is FrameType.TIMESERIES_LONG
    assert frame.fields[0].to_list() == [row[0] for row in rows]
    assert frame.meta is None


@pytest.mark.parametrize("several", [False, True])
def test_the_author_s_own_frame_is_not_changed(several: bool) -> None:
    frame = Frame.from_any(_TABLE)

    for found in frames_from_any([frame, frame] if several else frame):
        found.ref_id = "A"  # as the result of one of several queries that share it

    assert frame.meta is None
    assert frame.ref_id == ""
