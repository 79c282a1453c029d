"""Rows with named columns."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from plugin_sdk.data import Frame, FrameError


def test_tuples_get_the_given_names() -> None:
    frame = Frame.from_rows([("a", 1), ("b", None)], ["name", "value"], name="f", ref_id="A")

    assert [field.name for field in frame.fields] == ["name", "value"]
    assert [field.values for field in frame.fields] == [["a", "b"], [1, None]]
    assert (frame.name, frame.ref_id) == ("f", "A")


def test_no_rows_keep_their_columns() -> None:
    assert [field.name for field in Frame.from_rows([], ["a", "b"]).fields] == ["a", "b"]


def test_a_missing_key_is_null() -> None:
    frame = Frame.from_any([{"a": 1}, {"b": 2.5, "a": 3}])

    assert [(field.name, field.values) for field in frame.fields] == [("a", [1, 3]), ("b", [None, 2.5])]


def test_given_columns_select_keys() -> None:
    assert [field.name for field in Frame.from_rows([{"a": 1, "b": 2}], ["b"]).fields] == ["b"]


def test_sqlite_rows_keep_their_names() -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    rows = connection.execute("SELECT 1 AS a, 'x' AS b").fetchall()
    connection.close()

    assert [(field.name, field.values) for field in Frame.from_any(rows).fields] == [("a", [1]), ("b", ["x"])]


class Result:
    """A result like SQLAlchemy's: it has keys, and its rows are tuples."""

    def keys(self) -> list[str]:
        return ["a", "b"]

    def fetchall(self) -> list[tuple[int, str]]:
        return [(1, "x")]


class Cursor:
    """A cursor whose rows are dicts, as several drivers offer."""

    description = (("a", None), ("b", None))

    def fetchall(self) -> list[dict[str, Any]]:
        return [{"a": 1, "b": "x"}]


class MappedRow(tuple[Any, ...]):
    @property
    def _mapping(self) -> dict[str, Any]:
        return {"a": self[0], "b": self[1]}


@pytest.mark.parametrize("source", [Result(), Cursor(), [MappedRow((1, "x"))]])
def test_driver_results_keep_their_names(source: Any) -> None:
    fields = Frame.from_any(source).fields

    assert [(field.name, list(field.values)) for field in fields] == [("a", [1]), ("b", ["x"])]


class Exhausted:
    description = None

    def fetchall(self) -> list[Any]:
        raise AssertionError("there is nothing to fetch")


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        ([(1, 2)], None, r"tuple \(1, 2\) has no column names; .*Frame.from_rows"),
        ([(1, 2), (1,)], ["a", "b"], "row 1: has 1 values; expected 2, one for each column"),
        ([{"a": 1}, (1,)], ["a"], r"row 1: tuple \(1,\) has no column names, unlike row 0"),
        ([(1,), "x"], ["a"], "row 1: str 'x' is not a row; expected a tuple"),
    ],
)
def test_invalid_rows_are_reported(rows: list[Any], columns: list[str] | None, expected: str) -> None:
    with pytest.raises(FrameError, match=expected):
        Frame.from_rows(rows, columns)


def test_a_cursor_without_a_result_is_an_error() -> None:
    with pytest.raises(FrameError, match="execute a SELECT first"):
        Frame.from_any(Exhausted())
