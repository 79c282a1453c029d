"""What libraries and people return from a query that is easy to misread: the fields, or the sentence."""

from __future__ import annotations

import ipaddress
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from plugin_sdk import DataQuery, DataSource
from plugin_sdk._proto import pluginv2 as p
from plugin_sdk.data import Field, Frame
from tests.sdk.data.verdicts import decoded
from tests.sdk.in_process_server import query_request, serving

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOURS = pd.date_range("2026-01-01T12:00Z", periods=2, freq="h")
TIMES = [NOON, NOON + timedelta(hours=1)]
Row = namedtuple("Row", ["time", "value"])  # as people write it


@dataclass
class Point:
    time: datetime
    value: float


def series(*values: int, name: str | None = None, shift: int = 0) -> Any:
    return pd.Series(values, index=HOURS + pd.Timedelta(hours=shift), name=name)


def run_ends(*values: Any) -> Any:
    return pa.table({"v": pa.RunEndEncodedArray.from_arrays([2, 3], list(values))})


def dictionary(values: Any) -> Any:
    return pa.table({"v": pa.array(values).dictionary_encode()})


Fields = list[tuple[str, str, list[Any]]]
# Return value: name, type and values of each field, of all frames.
SHOWN: dict[str, tuple[Callable[[], Any], Fields]] = {
    # a column by itself would lose its times
    "a dict of series": (
        lambda: {"berlin": series(1, 2), "oslo": series(3, 4)},
        [("time", "time", TIMES), ("berlin", "int64", [1, 2]), ("oslo", "int64", [3, 4])],
    ),
    "a dict of series with other times": (
        lambda: {"berlin": series(1, 2), "oslo": series(3, 4, shift=1)},
        [
            ("time", "time", [*TIMES, NOON + timedelta(hours=2)]),
            ("berlin", "float64", [1, 2, None]),
            ("oslo", "float64", [None, 3, 4]),
        ],
    ),
    "a dict of series with a column of times": (
        lambda: {"at": pd.Series(HOURS, index=HOURS), "v": series(1, 2)},
        [("at", "time", TIMES), ("v", "int64", [1, 2])],
    ),
    "a dict of series that were filtered alike": (
        lambda: {"a": pd.Series([1, 2, 3])[1:], "b": pd.Series([4, 5, 6])[1:]},
        [("a", "int64", [2, 3]), ("b", "int64", [5, 6])],
    ),
    "a list of series": (
        lambda: [series(1, 2, name="berlin"), series(3, 4, name="oslo")],
        [
            ("time", "time", TIMES),
            ("berlin", "int64", [1, 2]),
            ("time", "time", TIMES),
            ("oslo", "int64", [3, 4]),
        ],
    ),
    "rows of iterrows": (
        lambda: [row for _, row in pd.DataFrame({"time": HOURS, "v": [1.5, 2.5]}).iterrows()],
        [("time", "time", TIMES), ("v", "float64", [1.5, 2.5])],
    ),
    # missing values as libraries write them
    "NaN among texts, flags and times": (
        lambda: {"s": ["a", np.nan], "b": [float("nan"), True], "t": [NOON, float("nan")]},
        [("s", "string", ["a", None]), ("b", "bool", [None, True]), ("t", "time", [NOON, None])],
    ),
    "records of pandas with missing texts": (
        lambda: pd.DataFrame({"s": ["a", None], "v": [1.0, None]}).to_dict("records"),
        [("s", "string", ["a", None]), ("v", "float64", [1.0, pytest.approx(float("nan"), nan_ok=True)])],
    ),
    "NaN among whole numbers": (
        lambda: {"v": [1, float("nan")]},
        [("v", "float64", [1.0, pytest.approx(float("nan"), nan_ok=True)])],
    ),
    "infinities": (
        lambda: {"v": [float("inf"), float("-inf"), None]},
        [("v", "float64", [float("inf"), float("-inf"), None])],
    ),
    # names
    "tuples as names": (
        lambda: pd.DataFrame([[1, 2]], columns=pd.Index([("a", 1), ("b", 2)], tupleize_cols=False)),
        [("a 1", "int64", [1]), ("b 2", "int64", [2])],
    ),
    "names on two levels": (
        lambda: pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("b", "")])),
        [("a x", "int64", [1]), ("b", "int64", [2])],
    ),
    "a series of polars": (lambda: pl.Series("load", [1, 2]), [("load", "int64", [1, 2])]),
    "equal names": (
        lambda: pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
        [("a", "int64", [1]), ("a", "int64", [2])],
    ),
    # types of libraries
    "run ends": (lambda: run_ends(1, 2), [("v", "int64", [1, 1, 2])]),
    "run ends of texts": (lambda: run_ends("a", None), [("v", "string", ["a", "a", None])]),
    "views of lists": (
        lambda: pa.table({"v": pa.array([[1], None], pa.list_view(pa.int64()))}),
        [("v", "json", [[1], None])],
    ),
    "large lists": (
        lambda: pa.table({"v": pa.array([[1], None], pa.large_list(pa.int64()))}),
        [("v", "json", [[1], None])],
    ),
    "flags of a byte": (
        lambda: pa.table(
            {"v": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8()))}
        ),
        [("v", "bool", [True, False, None])],
    ),
    "a dictionary of times": (lambda: dictionary([NOON, None]), [("v", "time", [NOON, None])]),
    "a dictionary of dates": (
        lambda: dictionary([NOON.date(), None]),
        [("v", "time", [NOON.replace(hour=0), None])],
    ),
    "a dictionary of numbers": (lambda: dictionary([7, None, 7]), [("v", "int64", [7, None, 7])]),
    "decimals of 256 bits": (
        lambda: pa.table({"v": pa.array([Decimal("1.25"), None], pa.decimal256(40, 2))}),
        [("v", "float64", [1.25, None])],
    ),
    "wide whole numbers": (
        lambda: pl.DataFrame({"v": pl.Series("v", [5, None], dtype=pl.Int128)}),
        [("v", "int64", [5, None])],
    ),
    "objects of polars": (
        lambda: pl.DataFrame({"v": pl.Series("v", [NOON, None], dtype=pl.Object)}),
        [("v", "time", [NOON, None])],
    ),
    "an enumeration of polars": (
        lambda: pl.DataFrame({"v": pl.Series("v", ["a", None], dtype=pl.Enum(["b", "a"]))}),
        [("v", "string", ["a", None])],
    ),
    "sparse values": (
        lambda: pd.DataFrame({"v": pd.arrays.SparseArray([0, 0, 1])}),
        [("v", "int64", [0, 0, 1])],
    ),
    "pages of frames": (
        lambda: [[], [pl.DataFrame({"a": [1]})], [Frame("", Field("b", [2])), Frame("", Field("c", [3]))]],
        [("a", "int64", [1]), ("b", "int64", [2]), ("c", "int64", [3])],
    ),
    "half floats": (lambda: {"v": np.array([1.5, 2], "f2")}, [("v", "float32", [1.5, 2])]),
    "addresses and paths": (
        lambda: {"ip": [ipaddress.ip_address("::1"), None], "path": [PurePosixPath("/a"), None]},
        [("ip", "string", ["::1", None]), ("path", "string", ["/a", None])],
    ),
    "quarters of an hour": (
        lambda: {"t": np.array([1, 2], "M8[15m]")},
        [("t", "time", [datetime(1970, 1, 1, 0, minute, tzinfo=UTC) for minute in (15, 30)])],
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_an_odd_return_value_is_read_as_it_was_meant(name: str) -> None:
    make, expected = SHOWN[name]
    frames = decoded(make)

    found = [(field.name, field.type.value, field.to_list()) for frame in frames for field in frame.fields]

    assert found == expected


async def _coroutine() -> Frame:
    return Frame("x")


async def _async_frames() -> Any:
    yield Frame("x")


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "series of other rows": (
        lambda: {"a": pd.Series([1, 2], index=[1, 0]), "b": pd.Series([3, 4])},
        'field "b": has another index than "a", so that their rows may differ; join them with '
        "pandas.concat(..., axis=1), or use .reset_index(drop=True)",
    ),
    "series with equal times": (
        lambda: {
            "a": pd.Series([1, 2], index=HOURS[[0, 0]]),
            "b": series(3, 4),
        },
        "the series cannot be joined by their times, since some times occur twice",
    ),
    "groups of pandas": (
        lambda: pd.DataFrame({"a": [1]}).groupby("a"),
        "DataFrameGroupBy is not a table; expected a DataFrame or a Series, which .agg(...)",
    ),
    "a window of pandas": (
        lambda: pd.DataFrame({"a": [1, 2]}).rolling(2),
        "Rolling is not a table; expected a DataFrame or a Series, which .agg(...)",
    ),
    "groups of polars": (
        lambda: pl.DataFrame({"a": [1]}).group_by("a"),
        "GroupBy is not a table; expected a DataFrame or a Series, which .agg(...)",
    ),
    "an expression of polars": (lambda: pl.col("a"), "Expr <Expr"),
    "an index": (lambda: pd.Index([1]), "Index Index([1], dtype='int64') is not a table"),
    "one value as a column": (
        lambda: {"v": np.array(1)},
        'field "v": ndarray array(1) is one value; expected a list, an array or a series',
    ),
    "one row as a dataclass": (lambda: Point(NOON, 1.0), "Point Point(time="),
    "one row as a named tuple": (lambda: Row(NOON, 1.0), "Row Row(time="),
    "a coroutine": (lambda: _coroutine(), "coroutine <coroutine object _coroutine"),
    "an async generator": (lambda: _async_frames(), "async_generator <async_generator"),
    "too wide a number": (
        lambda: pl.DataFrame({"v": pl.Series("v", [2**70], dtype=pl.Int128)}),
        'field "v", row 0: int 1180591620717411303424 does not fit a uint64 field',
    ),
    "a union of Arrow": (
        lambda: pa.table(
            {"v": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])])}
        ),
        'field "v", row 1: str \'b\' is string, but row 0 is int64',
    ),
    "months, days and nanoseconds": (
        lambda: pa.table({"v": pa.array([pa.MonthDayNano([1, 2, 3])])}),
        "field \"v\": Arrow's type 'tin' has no field type",
    ),
    "flags and numbers": (lambda: {"v": [True, 1]}, 'field "v", row 1: int 1 is int64, but row 0 is bool'),
    "a number that is not missing among texts": (
        lambda: {"v": ["a", 1.5]},
        'field "v", row 1: float 1.5 is float64, but row 0 is string',
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:coroutine '_coroutine' was never awaited")
@pytest.mark.parametrize("name", REFUSED)
def test_a_return_value_that_may_be_misread_is_refused_with_a_sentence(name: str) -> None:
    make, expected = REFUSED[name]

    class Answering(DataSource[dict[str, Any], dict[str, Any]]):
        def query(self, query: DataQuery[dict[str, Any]]) -> Any:
            return make()

    with serving(Answering) as served:
        request = query_request(("A", b"{}"))
        response = served.unary("Data/QueryData", request, p.QueryDataResponse).responses["A"]

    assert response.error.startswith(expected)
    assert (list(response.frames), response.errorSource) == ([], "plugin")


def test_groups_of_polars_are_named_by_their_values() -> None:
    table = pl.DataFrame({"host": ["a", "b"], "disk": [1, 2]})

    frames = decoded(lambda: table.partition_by("host", "disk", as_dict=True))

    assert [frame.name for frame in frames] == ["a 1", "b 2"]


WRONG_ROWS: dict[str, tuple[str, str]] = {
    "a blob": (
        "SELECT 1 AS n, x'00ff' AS raw",
        'column "raw" of the result holds values of several kinds, or that are no text, number or time, such as '
        "blobs; convert it in the query, for example CAST(raw AS CHAR)",
    ),
    "numbers and texts": (
        "SELECT 1 AS v UNION ALL SELECT 'x'",
        'column "v" of the result holds values of several kinds',
    ),
    "no rows at all": ("CREATE TABLE t (a)", "the cursor has no result; execute a SELECT first"),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_rows_that_cannot_be_shown_are_for_the_author_of_the_query(name: str) -> None:
    sql, expected = WRONG_ROWS[name]

    class Sql(DataSource[dict[str, Any], dict[str, Any]]):
        def query(self, query: DataQuery[dict[str, Any]]) -> Any:
            return sqlite3.connect(":memory:", check_same_thread=False).execute(sql)

    with serving(Sql) as served:
        request = query_request(("A", b"{}"))
        response = served.unary("Data/QueryData", request, p.QueryDataResponse).responses["A"]

    assert response.error.startswith(expected)
    assert (response.status, response.errorSource) == (400, "downstream")


def test_the_remedy_of_each_refusal_of_series_works() -> None:
    one, other = pd.Series([1, 2], index=[1, 0]), pd.Series([3, 4])
    joined = decoded(lambda: pd.concat({"a": one, "b": other}, axis=1))
    placed = decoded(lambda: {"a": one.reset_index(drop=True), "b": other})

    assert [field.to_list() for field in joined[0].fields] == [[1, 2], [4, 3]]
    assert [field.to_list() for field in placed[0].fields] == [[1, 2], [3, 4]]
    assert Field("v", pd.DataFrame({"a": [1, 1]}).groupby("a").sum().index).to_list() == [1]
