"""The same three rows in every common library, and the expected values."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pydantic import BaseModel

T0 = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
TIMES = [T0, T0 + timedelta(hours=1), T0 + timedelta(hours=2)]
VALUES = [1.5, None, 3.0]
NAMES = ["berlin", "köln", None]
ROWS = list(zip(TIMES, VALUES, NAMES, strict=True))
COLUMNS = ["time", "value", "name"]


@dataclass
class Row:
    time: datetime
    value: float | None
    name: str | None


class Model(BaseModel):
    time: datetime
    value: float | None
    name: str | None


_NAMES: Any = COLUMNS
Named = namedtuple("Named", _NAMES)  # type: ignore[misc]  # the untyped kind is what old code has


def _dicts() -> list[dict[str, Any]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]


def _naive() -> list[datetime]:
    return [moment.replace(tzinfo=None) for moment in TIMES]


def _numpy() -> dict[str, Any]:
    return {
        "time": np.array(_naive(), "M8[us]"),
        "value": np.ma.MaskedArray([1.5, 0, 3], [False, True, False]),
        "name": np.array(NAMES, object),
    }


def _pandas() -> pd.DataFrame:
    return pd.DataFrame({"time": pd.to_datetime(TIMES), "value": VALUES, "name": NAMES})


def _cursor() -> sqlite3.Cursor:
    return _sqlite(None)


def _sqlite(row_factory: Any) -> sqlite3.Cursor:
    connection = sqlite3.connect(":memory:")
    connection.create_function("at", 1, lambda number: number)
    connection.row_factory = row_factory
    return connection.execute("SELECT 1 AS id, 1.5 AS value, 'berlin' AS name UNION ALL SELECT 2, NULL, NULL")


def _rows() -> Iterator[tuple[str, Any]]:
    yield from {"time": TIMES, "value": VALUES, "name": NAMES}.items()


TABLES: dict[str, Callable[[], Any]] = {
    "dict of lists": lambda: dict(_rows()),
    "dict of tuples": lambda: {name: tuple(values) for name, values in _rows()},
    "dict of generators": lambda: {name: (value for value in values) for name, values in _rows()},
    "dict of numpy": _numpy,
    "rows of dicts": _dicts,
    "generator of dicts": lambda: (row for row in _dicts()),
    "dataclasses": lambda: [Row(*row) for row in ROWS],
    "named tuples": lambda: [Named._make(row) for row in ROWS],
    "pydantic models": lambda: [Model(**row) for row in _dicts()],
    "pandas": _pandas,
    "pandas, time zone": lambda: _pandas().assign(time=pd.to_datetime(TIMES).tz_convert("Europe/Berlin")),
    "pandas, index": lambda: _pandas().set_index("time"),
    "pandas, nullable": lambda: _pandas().convert_dtypes(),
    "pandas, arrow": lambda: _pandas().convert_dtypes(dtype_backend="pyarrow"),
    "pandas, categories": lambda: _pandas().astype({"name": "category"}),
    "pandas, objects": lambda: _pandas().astype(object),
    "polars": lambda: pl.DataFrame(_dicts()),
    "polars, lazy": lambda: pl.DataFrame(_dicts()).lazy(),
    "polars, categories": lambda: pl.DataFrame(_dicts()).with_columns(pl.col("name").cast(pl.Categorical)),
    "pyarrow table": lambda: pa.Table.from_pylist(_dicts()),
    "pyarrow batch": lambda: pa.RecordBatch.from_pylist(_dicts()),
    "pyarrow reader": lambda: pa.Table.from_pylist(_dicts()).to_reader(),
    "pyarrow chunks": lambda: pa.concat_tables([pa.Table.from_pylist(_dicts()[:2]), _third_row()]),
    "pyarrow slice": lambda: pa.Table.from_pylist([_dicts()[0], *_dicts()]).slice(1),
    "pyarrow dictionary": lambda: _with_name(pa.array(NAMES).dictionary_encode()),
    "pyarrow large": lambda: _with_name(pa.array(NAMES, pa.large_string())),
    "pyarrow view": lambda: _with_name(pa.array(NAMES, pa.string_view())),
}


def _third_row() -> pa.Table:
    return pa.Table.from_pylist(_dicts()).slice(2)


def _with_name(names: pa.Array) -> pa.Table:
    table = pa.Table.from_pylist(_dicts())
    return table.set_column(2, "name", names)


CURSORS = {"cursor": _cursor, "cursor of rows": lambda: _sqlite(sqlite3.Row)}

HALF_PAST = time(1, 2, 3, 500_000)
SERIES: dict[str, tuple[Callable[[], Any], str, list[Any]]] = {
    # kind: (a column, the field type, its values)
    "numpy bool": (lambda: np.array([True, False]), "bool", [True, False]),
    "numpy uint8": (lambda: np.array([0, 255], "u1"), "uint8", [0, 255]),
    "numpy big-endian": (lambda: np.array([1, -2], ">i4"), "int32", [1, -2]),
    "numpy every second": (lambda: np.arange(4)[::2], "int64", [0, 2]),
    "numpy float16": (lambda: np.array([0.5, 2], "f2"), "float32", [0.5, 2.0]),
    "numpy nan and inf": (lambda: np.array([np.inf, -0.0]), "float64", [float("inf"), -0.0]),
    "numpy text": (lambda: np.array(["a", "üü"]), "string", ["a", "üü"]),
    "numpy days": (lambda: np.array(["2026-03-29", "NaT"], "M8[D]"), "time", [date(2026, 3, 29), None]),
    "numpy months": (lambda: np.array(["2026-03", "1960-01"], "M8[M]"), "time", [date(2026, 3, 1), date(1960, 1, 1)]),
    "numpy picoseconds": (lambda: np.array([1000], "M8[ps]"), "time", [datetime(1970, 1, 1, tzinfo=UTC)]),
    "numpy duration": (lambda: np.array([1500, "NaT"], "m8[ms]"), "float64", [1.5, None]),
    "numpy scalars": (lambda: [np.int16(1), np.int16(2)], "int64", [1, 2]),
    "numpy instants": (lambda: [np.datetime64("2026-03-29", "s"), None], "time", [date(2026, 3, 29), None]),
    "numpy durations": (lambda: [np.timedelta64(90, "m")], "float64", [5400.0]),
    "pandas period": (lambda: pd.Series(pd.period_range("2026-03", periods=1, freq="M")), "time", [date(2026, 3, 1)]),
    "pandas timedelta": (lambda: pd.Series(pd.to_timedelta(["90s", None])), "float64", [90.0, None]),
    "pandas Int64": (lambda: pd.array([2**62 + 1, None], dtype="Int64"), "int64", [2**62 + 1, None]),
    "pandas boolean": (lambda: pd.array([True, None], dtype="boolean"), "bool", [True, None]),
    "pandas string": (lambda: pd.array(["ü", None], dtype="string[python]"), "string", ["ü", None]),
    "pandas sparse": (lambda: pd.arrays.SparseArray([0.0, 1.0]), "float64", [0.0, 1.0]),
    "pandas int categories": (lambda: pd.Categorical([7, None, 7]), "int64", [7, None, 7]),
    "pandas NA in a list": (lambda: [1, pd.NA, 2], "int64", [1, None, 2]),
    "pandas NaT in a list": (lambda: [pd.Timestamp("2026-03-29"), pd.NaT], "time", [date(2026, 3, 29), None]),
    "polars date": (lambda: pl.Series([date(2026, 3, 29), None]), "time", [date(2026, 3, 29), None]),
    "polars time": (lambda: pl.Series([HALF_PAST]), "string", ["01:02:03.5"]),
    "polars duration": (lambda: pl.Series([timedelta(seconds=1.5)]), "float64", [1.5]),
    "polars decimal": (lambda: pl.Series([Decimal("1.10")]), "float64", [1.1]),
    "polars list": (lambda: pl.Series([[1, 2], None]), "json", [[1, 2], None]),
    "polars struct": (lambda: pl.Series([{"a": 1, "b": "ü"}]), "json", [{"a": 1, "b": "ü"}]),
    "polars null": (lambda: pl.Series([None, None]), "float64", [None, None]),
    "polars long text": (lambda: pl.Series(["longer than twelve", "", "ü" * 40]), "string", ["longer than twelve", "", "ü" * 40]),
    "polars NaN and null": (lambda: pl.Series([0.5, None]), "float64", [0.5, None]),
    "arrow half": (lambda: pa.array([0.5, None], pa.float16()), "float32", [0.5, None]),
    "arrow bool": (lambda: pa.array([True, None, False] * 9).slice(5), "bool", ([True, None, False] * 9)[5:]),
    "arrow date32": (lambda: pa.array([date(2026, 3, 29)], pa.date32()), "time", [date(2026, 3, 29)]),
    "arrow date64": (lambda: pa.array([date(1960, 3, 29)], pa.date64()), "time", [date(1960, 3, 29)]),
    "arrow time32": (lambda: pa.array([time(1, 2)], pa.time32("s")), "string", ["01:02:00"]),
    "arrow time64": (lambda: pa.array([HALF_PAST], pa.time64("us")), "string", ["01:02:03.5"]),
    "arrow seconds": (lambda: pa.array([-1, None], pa.timestamp("s")), "time", [datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), None]),
    "arrow zone": (lambda: pa.array([T0], pa.timestamp("ms", "Asia/Tokyo")), "time", [T0]),
    "arrow decimal256": (lambda: pa.array([Decimal("-2.5"), None], pa.decimal256(40, 3)), "float64", [-2.5, None]),
    "arrow map": (lambda: pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), "json", [{"k": 1}]),
    "arrow fixed list": (lambda: pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)), "json", [[1, 2], [3, 4]]),
    "arrow large list": (lambda: pa.array([[T0], []], pa.large_list(pa.timestamp("us"))), "json", [["2026-03-29T00:30:00Z"], []]),
    "arrow uuid": (lambda: pa.array([UUID(int=5).bytes], pa.uuid()), "string", [str(UUID(int=5))]),
    "arrow json": (lambda: pa.array(['{"a":1}', None], pa.json_()), "json", [{"a": 1}, None]),
    "arrow chunks": (lambda: pa.chunked_array([["a"], [], [None, "ü"]]), "string", ["a", None, "ü"]),
    "arrow nothing": (lambda: pa.array([], pa.string()), "string", []),
}  # fmt: skip
