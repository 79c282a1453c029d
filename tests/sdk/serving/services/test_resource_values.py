"""Return values of resources, and the JSON that a browser reads."""

from __future__ import annotations

import ipaddress
import json
import sqlite3
from collections import ChainMap, Counter, OrderedDict, UserString, deque, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import BaseModel, ConfigDict, HttpUrl, SecretStr

from plugin_sdk import DataSource, resource
from plugin_sdk.data import Field, Frame
from plugin_sdk.testing import in_process, settings


class Kind(Enum):
    A = "a"


class Level(IntEnum):
    LOW = 1


class Word(StrEnum):
    B = "b"


@dataclass(slots=True)
class Point:
    x: float
    kind: Kind = Kind.A


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    at: datetime
    values: Any = None
    key: SecretStr = SecretStr("s3cret")


Row = namedtuple("Row", ["a", "b"])  # as people write it
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ISO = "2026-01-01T12:00:00+00:00"


def _cursor() -> sqlite3.Cursor:
    return sqlite3.connect(":memory:").execute("SELECT 1 AS a, 'x' AS b")


def _sqlite_row() -> Any:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    return connection.execute("SELECT 1 AS a, 'x' AS b").fetchone()


JSON: dict[str, tuple[Callable[[], Any], Any]] = {
    "an address of pydantic": (lambda: [HttpUrl("http://a")], ["http://a/"]),
    "a text with methods of its own": (lambda: {"t": UserString("a")}, {"t": "a"}),
    # numpy
    "numpy int": (lambda: np.int64(3), 3),
    "numpy float32": (lambda: np.float32(1.5), 1.5),
    "numpy flag": (lambda: {"ok": np.bool_(True)}, {"ok": True}),
    "numpy text": (lambda: [np.str_("a")], ["a"]),
    "numpy array": (lambda: np.array([1, 2]), [1, 2]),
    "numpy matrix": (lambda: np.ones((2, 2)), [[1, 1], [1, 1]]),
    "numpy instants": (lambda: np.array(["2026-01-01", "NaT"], "M8[D]"), ["2026-01-01", None]),
    "numpy instant": (lambda: {"at": np.datetime64("2026-01-01T12:00")}, {"at": "2026-01-01T12:00"}),
    "numpy duration": (lambda: [np.timedelta64(90, "s"), np.timedelta64("NaT")], [90, None]),
    "numpy masked array": (lambda: np.ma.array([1, 2], mask=[False, True]), [1, None]),
    "numpy structured array": (
        lambda: np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
        [{"a": 1, "b": 2.5}],
    ),
    "unique values": (lambda: pd.Series(["b", "a", "b"]).unique(), ["b", "a"]),
    "numpy keys": (lambda: {np.int64(1): np.int8(2)}, {"1": 2}),
    "numpy inside lists": (lambda: [[np.int64(1)], (np.float64(2),)], [[1], [2]]),
    # pandas, polars, Arrow
    "pandas table": (
        lambda: pd.DataFrame({"a": [1, 2], "b": [1.5, None]}),
        [{"a": 1, "b": 1.5}, {"a": 2, "b": None}],
    ),
    "pandas table with an index": (
        lambda: pd.DataFrame({"v": [1]}, index=pd.Index(["x"], name="s")),
        [{"s": "x", "v": 1}],
    ),
    "pandas pivot": (
        lambda: pd.DataFrame({"t": [NOON] * 2, "s": ["a", "b"], "v": [1, 2]}).pivot(
            index="t", columns="s", values="v"
        ),
        [{"t": ISO, "a": 1, "b": 2}],
    ),
    "pandas series": (lambda: pd.Series(["a", "b"]), ["a", "b"]),
    "pandas column": (lambda: pd.DataFrame({"s": ["a", "b"]})["s"], ["a", "b"]),
    "pandas series with an index": (
        lambda: pd.Series(["a", "a", "b"]).value_counts(),
        [
            {"index": "a", "count": 2},
            {"index": "b", "count": 1},
        ],
    ),
    "pandas index": (lambda: pd.Index(["a", "b"]), ["a", "b"]),
    "pandas times": (lambda: pd.DatetimeIndex([NOON]), [ISO]),
    "pandas times with NaT": (lambda: pd.Series([pd.Timestamp(NOON), pd.NaT]), [ISO, None]),
    "pandas categories": (lambda: pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
    "pandas nullable": (lambda: pd.Series([1, None], dtype="Int64"), [1, None]),
    "pandas array": (lambda: pd.array([1, None], "Int64"), [1, None]),
    "pandas scalars": (
        lambda: {"at": pd.Timestamp(NOON), "no": pd.NaT, "na": pd.NA, "for": pd.Timedelta("90s")},
        {"at": ISO, "no": None, "na": None, "for": 90},
    ),
    "pandas records": (
        lambda: pd.DataFrame({"at": [NOON], "n": [1]}).to_dict("records"),
        [{"at": ISO, "n": 1}],
    ),
    "pandas period and interval": (lambda: [pd.Period("2026-01"), pd.Interval(0, 1)], ["2026-01", "(0, 1]"]),
    "no row of pandas": (lambda: pd.DataFrame({"a": []}), []),
    "columns of one name": (lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]), [{"a": 1, "a_2": 2}]),
    "table inside": (lambda: {"rows": pd.DataFrame({"a": [1]})}, {"rows": [{"a": 1}]}),
    "polars table": (lambda: pl.DataFrame({"a": [1], "at": [NOON]}), [{"a": 1, "at": ISO}]),
    "lazy polars table": (lambda: pl.LazyFrame({"a": [1]}), [{"a": 1}]),
    "polars series": (lambda: pl.Series(["a", None]), ["a", None]),
    "Arrow table": (lambda: pa.table({"a": [1]}), [{"a": 1}]),
    "Arrow array": (lambda: pa.array([1, None]), [1, None]),
    "Arrow chunks": (lambda: pa.chunked_array([[1], [2]]), [1, 2]),
    "Arrow scalar": (lambda: {"a": pa.scalar(1)}, {"a": 1}),
    "frame": (
        lambda: [Frame("f", Field("v", [1]))],
        [
            {
                "schema": {
                    "name": "f",
                    "fields": [{"name": "v", "type": "number", "typeInfo": {"frame": "int64"}}],
                },
                "data": {"values": [[1]]},
            }
        ],
    ),
    # the standard library
    "enum": (lambda: [Kind.A, Level.LOW, Word.B], ["a", 1, "b"]),
    "enum keys": (lambda: {Kind.A: 1, Word.B: 2}, {"a": 1, "b": 2}),
    "dataclass": (lambda: Point(1.5), {"x": 1.5, "kind": "a"}),
    "model": (
        lambda: Model(at=NOON, values=np.array([1])),
        {"at": "2026-01-01T12:00:00Z", "values": [1], "key": "**********"},
    ),
    "secret": (lambda: {"key": SecretStr("s3cret")}, {"key": "**********"}),
    "times": (
        lambda: [NOON, date(2026, 1, 1), time(12), timedelta(minutes=1)],
        [ISO, "2026-01-01", "12:00:00", 60],
    ),
    "time keys": (lambda: {date(2026, 1, 1): 1}, {"2026-01-01": 1}),
    "decimal": (lambda: [Decimal("1.5"), Decimal(3), Decimal("1E+2")], [1.5, 3, 100]),
    "fraction": (lambda: Fraction(1, 2), 0.5),
    "uuid": (lambda: UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    "path and address": (lambda: [PurePosixPath("/a"), ipaddress.ip_address("::1")], ["/a", "::1"]),
    "range": (lambda: range(3), [0, 1, 2]),
    "views of a dict": (lambda: {"a": 1}.keys(), ["a"]),
    "items of a dict": (lambda: {"a": 1}.items(), [["a", 1]]),
    "values of a dict inside": (lambda: {"v": {"a": 1}.values()}, {"v": [1]}),
    "set": (lambda: {"a"}, ["a"]),
    "deque": (lambda: deque([1, 2]), [1, 2]),
    "map": (lambda: map(str, [1, 2]), ["1", "2"]),
    "zip": (lambda: zip("ab", [1, 2], strict=True), [["a", 1], ["b", 2]]),
    "reversed": (lambda: reversed([1, 2]), [2, 1]),
    "generator inside": (lambda: {"a": (number for number in (1, 2))}, {"a": [1, 2]}),
    "counter": (lambda: Counter("aab"), {"a": 2, "b": 1}),
    "ordered": (lambda: OrderedDict(a=1), {"a": 1}),
    "proxy": (lambda: MappingProxyType({"a": 1}), {"a": 1}),
    "chained": (lambda: ChainMap({"a": 1}, {"b": 2}), {"b": 2, "a": 1}),
    "named tuple": (lambda: [Row(1, 2)], [[1, 2]]),
    "namespace": (lambda: SimpleNamespace(a=1), {"a": 1}),
    "cursor": (_cursor, [{"a": 1, "b": "x"}]),
    "row of sqlite": (_sqlite_row, {"a": 1, "b": "x"}),
    "rows of sqlite": (lambda: _cursor().fetchall(), [[1, "x"]]),
    "flag and null": (lambda: [True, None], [True, None]),
    "null keys": (lambda: {None: 1, True: 2, 1.5: 3}, {"null": 1, "true": 2, "1.5": 3}),
}


class _Thing:
    pass


_LOOP: list[Any] = []
_LOOP.append(_LOOP)


class _Endless:
    """A value whose items are new values of its kind, without end."""

    def __iter__(self) -> Any:
        yield _Endless()


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "what never ends": (lambda: {"a": _Endless()}, "the value is nested too deeply, or without end"),
    "NaN": (
        lambda: {"stations": [{"height": float("nan")}]},
        "stations[0].height: nan is not JSON compliant",
    ),
    "NaN of numpy": (lambda: np.array([1.0, np.nan]), "[1]: nan is not JSON compliant; return None instead"),
    "infinity": (lambda: {"v": Decimal("Infinity")}, "v: inf is not JSON compliant"),
    "bytes inside": (
        lambda: {"raw": b"x"},
        "raw: bytes inside JSON; decode it to text, or return the bytes alone",
    ),
    "an object": (lambda: {"thing": _Thing()}, "thing: _Thing <"),
    "a class": (lambda: [int], "[0]: type <class 'int'> has no JSON; was it meant to be called?"),
    "a function": (lambda: {"f": len}, "f: builtin_function_or_method <built-in function len> has no JSON"),
    "a complex number": (lambda: [1j], "[0]: complex 1j has no JSON; return its parts"),
    "a tuple as a key": (lambda: {"a": {(1, 2): 3}}, "a: the key tuple (1, 2) is not a string"),
    "bytes as a key": (lambda: {b"k": 3}, "the key bytes b'k' is not a string"),
    "what holds itself": (lambda: {"loop": _LOOP}, "loop[0]: holds itself"),
    "a table of nothing JSON knows": (
        lambda: {"t": pd.DataFrame({"a": [1j]})},
        't: field "a": numpy\'s complex128',
    ),
}


def _answering(make: Callable[[], Any]) -> type:
    class Answering(DataSource[dict[str, Any], dict[str, Any]]):
        @resource("GET", "/it")
        def it(self) -> Any:
            return make()

    return Answering


@pytest.mark.parametrize("name", JSON)
def test_what_a_resource_returns_is_json(name: str) -> None:
    make, expected = JSON[name]

    with in_process(_answering(make)) as client:
        response = client.call_resource("GET", "it", settings())

    assert (response.status, json.loads(response.body)) == (200, expected)
    assert response.headers == {"Content-Type": ["application/json"]}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_without_json_is_refused_with_its_location(name: str) -> None:
    make, expected = REFUSED[name]

    with in_process(_answering(make)) as client:
        response = client.call_resource("GET", "it", settings())

    assert response.status == 500
    assert json.loads(response.body)["error"].startswith(expected)


NESTED: dict[str, tuple[Any, Any]] = {
    "numpy": ([np.int64(1), np.array([1.5])], [1, [1.5]]),
    "NaT": ({"at": pd.NaT, "na": pd.NA}, {"at": None, "na": None}),
    "keys": ({np.int64(1): {date(2026, 1, 1): 2}}, {"1": {"2026-01-01": 2}}),
    "dataclass": ([Point(1.0)], [{"x": 1.0, "kind": "a"}]),
    "set": ([{"a"}], [["a"]]),
}


@pytest.mark.parametrize("name", NESTED)
def test_values_nested_in_a_field_are_json_of_the_same_kind(name: str) -> None:
    value, expected = NESTED[name]

    assert Field("doc", [value], type="json").to_list() == [expected]


class Lists(DataSource[dict[str, Any], dict[str, Any]]):
    @resource("GET", "/tags")
    def tags(self, tag: list[str]) -> Any:
        return tag

    @resource("GET", "/numbers")
    def numbers(self, n: set[int] | None = None) -> Any:
        return None if n is None else sorted(n)

    @resource("GET", "/one")
    def one(self, tag: str = "") -> Any:
        return tag

    @resource("GET", "/stations/{name}")
    def station(self, name: str) -> Any:
        return name


PARAMETERS: dict[str, Any] = {
    "tags?tag=a&tag=b": ["a", "b"],
    "tags?tag=a": ["a"],
    "tags?tag=": [""],
    "tags?tag=a%26b&tag=c+d": ["a&b", "c d"],
    "numbers?n=2&n=1": [1, 2],
    "numbers?n=7": [7],
    "one?tag=a&tag=b": "b",
    "stations/New%20York": "New York",
    "stations/New York": "New York",
    "stations/100%25": "100%",
    "stations/M%C3%BCnchen": "München",
    "stations/München": "München",
    "stations/a+b": "a+b",
}


@pytest.mark.parametrize("path", PARAMETERS)
def test_parameters_and_paths_reach_the_author_decoded(path: str) -> None:
    with in_process(Lists) as client:
        response = client.call_resource("GET", path, settings())

    assert (response.status, json.loads(response.body)) == (200, PARAMETERS[path])
