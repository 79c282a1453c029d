"""No rows are "no data" to an alert rule, in whatever container they are returned."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugin_sdk.data import Field, Frame, FrameMeta, FrameType, Notice, long_to_wide, resample, wide_to_multi
from plugin_sdk.data.macros import Span
from plugin_sdk.messages import DataResponse
from tests.sdk.data.conftest import Judge
from tests.sdk.data.verdicts import ALERT_HEADERS, decoded, instances, verdict

pytestmark = pytest.mark.go

NOW = datetime(2026, 3, 29, tzinfo=UTC)


def _cursor(sql: str) -> Any:
    return sqlite3.connect(":memory:").execute(sql)


def _rows_of_nothing() -> Iterator[dict[str, Any]]:
    yield from ()


def _typed_pandas() -> Any:
    return pd.DataFrame({"time": pd.to_datetime([]), "host": pd.Series([], dtype=object), "value": []})


def _empty(**meta: Any) -> Frame:
    return Frame("x", Field("time", []), Field("value", []), meta=FrameMeta(**meta) if meta else None)


NOTHING: dict[str, Callable[[], Any]] = {
    "an empty list": lambda: [],
    "an empty tuple": lambda: (),
    "an empty dict": lambda: {},
    "an empty generator": _rows_of_nothing,
    "a frame without fields": lambda: Frame("x"),
    "a frame of empty lists": _empty,
    "a frame of typed empty fields": lambda: Frame(
        "x", Field("time", [], type="time"), Field("host", [], type="string"), Field("v", [], type="int64")
    ),
    "an epoch field of nothing": lambda: Frame(
        "x", Field.from_epoch("time", [], unit="ms"), Field("value", [], type="float64")
    ),
    "a frame with a contract": lambda: _empty(type=FrameType.TIMESERIES_WIDE, type_version=(0, 1)),
    "a frame with a long contract": lambda: _empty(type=FrameType.TIMESERIES_LONG, type_version=(0, 1)),
    "a dict of empty columns": lambda: {"time": [], "value": []},
    "a dict of empty arrays": lambda: {"time": np.array([], "M8[ns]"), "value": np.array([])},
    "no row of a cursor": lambda: _cursor("SELECT 1 AS time, 'x' AS host, 2 AS value WHERE 0"),
    "fetchall of no row": lambda: _cursor("SELECT 1 AS value WHERE 0").fetchall(),
    "an untyped pandas table": lambda: pd.DataFrame(),
    "a typed pandas table": _typed_pandas,
    "a filtered pandas table": lambda: pd.DataFrame({"time": [NOW], "v": [1]}).query("v > 1"),
    "a pandas table with an empty index": lambda: _typed_pandas().set_index("time"),
    "an empty pandas series": lambda: pd.Series([], dtype="float64", index=pd.DatetimeIndex([])),
    "an empty polars table": lambda: pl.DataFrame(
        schema={"time": pl.Datetime, "host": pl.Utf8, "v": pl.Int8}
    ),
    "a lazy polars table": lambda: pl.LazyFrame({"v": [1]}).filter(pl.col("v") > 1),
    "an empty Arrow table": lambda: pa.table(
        {"time": pa.array([], pa.timestamp("ns")), "v": pa.array([], "i8")}
    ),
    "an empty structured array": lambda: np.array([], dtype=[("time", "M8[ns]"), ("v", "f8")]),
    "several frames without rows": lambda: [_empty(), Frame("y"), _typed_pandas()],
    "a dict of empty tables": lambda: {"a": _typed_pandas(), "b": pd.DataFrame()},
    "a response of no rows": lambda: DataResponse(_empty()),
    "a response of no frames": lambda: DataResponse([]),
    "long_to_wide of nothing": lambda: long_to_wide(_empty()),
    "resample of nothing": lambda: resample(_empty(), Span(0, 60_000)),
    "wide_to_multi of nothing": lambda: wide_to_multi(_empty()),
}


@pytest.mark.parametrize("name", NOTHING)
def test_no_rows_are_no_data(judge: Judge, name: str) -> None:
    assert verdict(judge, NOTHING[name])["state"] == "no data"


def _one(name: str = "berlin", value: float = 20.0) -> Frame:
    return Frame(name, Field("time", [NOW]), Field("value", [value], labels={"station": name}))


def _table(name: str) -> Any:
    return pd.DataFrame({"time": [NOW], "value": [20.0]}).set_index("time")


BESIDE: dict[str, Callable[[], Any]] = {
    "first in a list": lambda: [_empty(), _one()],
    "last in a list": lambda: [_one(), _empty()],
    "without fields": lambda: [Frame("x"), _one()],
    "in a tuple": lambda: (_one(), _empty()),
    "in a deque": lambda: deque([_empty(), _one()]),
    "in a generator": lambda: (frame for frame in (_empty(), _one())),
    "in a dict": lambda: {"a": _empty(), "b": _one()},
    "in a dict's values": lambda: {"a": _empty(), "b": _one()}.values(),
    "among tables": lambda: [_typed_pandas(), _one()],
}


@pytest.mark.parametrize("name", BESIDE)
def test_frames_without_rows_beside_others_are_omitted(judge: Judge, name: str) -> None:
    assert instances(judge, BESIDE[name]) == {("berlin",): 20.0}


SEVERAL: dict[str, Callable[[], Any]] = {
    "a list of frames": lambda: [_one("a"), _one("b")],
    "a set of frames": lambda: {_one("a"), _one("b")},
    "a generator of frames": lambda: (_one(name) for name in "ab"),
    "a dict of frames": lambda: {name: _one(name) for name in "ab"},
    "a list of pandas tables": lambda: [_table("a"), _table("b")],
    "a dict of pandas tables": lambda: {name: _table(name) for name in "ab"},
    "a list of polars tables": lambda: [pl.DataFrame({"time": [NOW], "v": [1.0]}) for _ in "ab"],
    "a list of Arrow tables": lambda: [pa.table({"time": [NOW], "v": [1.0]}) for _ in "ab"],
    "a list of cursors": lambda: [_cursor("SELECT 1 AS v"), _cursor("SELECT 2 AS v")],
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_tables_are_several_frames(name: str) -> None:
    frames = decoded(SEVERAL[name])

    assert [len(frame) for frame in frames] == [1, 1]
    if "dict" in name:
        assert [frame.name for frame in frames] == ["a", "b"]


def test_rows_of_a_generator_are_one_table() -> None:
    (frame,) = decoded(lambda: ({"v": number} for number in range(3)))

    assert frame.fields[0].to_list() == [0, 1, 2]


def test_the_meta_of_a_frame_without_rows_is_kept() -> None:
    notice = Notice("the service has nothing for this range")

    (frame,) = decoded(lambda: _empty(executed_query_string="SELECT 1", notices=[notice]))
    (kept,) = decoded(lambda: [_one(), _empty(notices=[notice])])

    assert (frame.name, frame.fields) == ("x", [])
    assert frame.meta is not None
    assert (frame.meta.executed_query_string, frame.meta.notices) == ("SELECT 1", [notice])
    assert kept.meta is not None
    assert kept.meta.notices == [notice]


def test_a_channel_keeps_its_fields_but_for_an_alert_rule(judge: Judge) -> None:
    def live() -> Frame:
        return _empty(channel="ds/uid/live/x")

    (frame,) = decoded(live)

    assert [field.name for field in frame.fields] == ["time", "value"]
    assert verdict(judge, live, ALERT_HEADERS)["state"] == "no data"


def test_an_item_that_is_not_a_frame_is_reported() -> None:
    from plugin_sdk.data import FrameError, frames_from_any

    with pytest.raises(
        FrameError, match="item 1 of the result is NoneType None; expected a frame like the others"
    ):
        frames_from_any([_one(), None])
