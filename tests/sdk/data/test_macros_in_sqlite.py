"""Macros run by a real database; its rows are a graph in a panel and one series in an alert rule."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plugin_sdk.data import Field, Frame, FrameError
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.macros import Span, expand
from tests.sdk.data.conftest import Judge
from tests.sdk.data.verdicts import decoded, instances

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(T0.timestamp())
SPAN = Span(SECONDS * 1000, (SECONDS + 7200) * 1000, 60_000)
HOURS = [T0, T0 + timedelta(hours=1)]

# Ways to store the same four instants, half an hour apart.
STORED: dict[str, Callable[[int], Any]] = {
    "text": lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"),
    "RFC 3339": lambda at: datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "seconds": lambda at: at,
    "seconds with a fraction": lambda at: at + 0.25,
    "milliseconds": lambda at: at * 1000,
}


def database(stored: Callable[[int], Any]) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute("CREATE TABLE t (at, host TEXT, v REAL)")
    for number in range(-2, 6):  # two before the range, two after it
        connection.execute("INSERT INTO t VALUES (?, 'a', ?)", (stored(SECONDS + number * 1800 + 60), number))
    return connection


@pytest.mark.parametrize("stored", STORED)
def test_a_time_filter_finds_the_rows_of_the_range(stored: str) -> None:
    sql = expand("SELECT v FROM t WHERE $__timeFilter(at)", SPAN, dialect="sqlite")

    with database(STORED[stored]) as connection:
        found = [value for (value,) in connection.execute(sql)]
    connection.close()

    assert found == [0, 1, 2, 3]


QUERIES: dict[str, tuple[str, list[str], list[datetime]]] = {
    "the column as it is": (
        "SELECT $__time(at), v FROM t WHERE $__timeFilter(at)",
        list(STORED),
        [T0 + timedelta(minutes=30 * number, seconds=60) for number in range(4)],
    ),
    "groups": (
        "SELECT $__timeGroupAlias(at, '1h'), sum(v) AS v FROM t WHERE $__timeFilter(at) GROUP BY 1",
        list(STORED),
        HOURS,
    ),
    "groups of a period": (
        "SELECT $__timeGroupAlias(at, hour), sum(v) AS v FROM t WHERE $__timeFilter(at) GROUP BY 1",
        list(STORED),
        HOURS,
    ),
    "groups of numbers": (
        "SELECT $__unixEpochGroupAlias(at, '1h'), sum(v) AS v FROM t WHERE $__unixEpochFilter(at) GROUP BY 1",
        ["seconds", "seconds with a fraction"],
        HOURS,
    ),
    "groups of an expression": (
        "SELECT $__unixEpochGroupAlias(at - 60 + 60, '1h'), sum(v) AS v FROM t "
        "WHERE $__unixEpochFilter(at - 60 + 60) GROUP BY 1",
        ["seconds"],
        HOURS,
    ),
}
ANSWERS: dict[str, Callable[[sqlite3.Connection, str], Any]] = {
    "a cursor": lambda connection, sql: connection.execute(sql),
    "pandas": lambda connection, sql: pd.read_sql(sql, connection),
    "dicts": lambda connection, sql: pd.read_sql(sql, connection).to_dict("records"),
    "columns": lambda connection, sql: dict(
        zip(("time", "v"), zip(*connection.execute(sql), strict=True), strict=True)
    ),
}
CASES = [(query, stored) for query, (_, kinds, _) in QUERIES.items() for stored in kinds]


@pytest.mark.go
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(("query", "stored"), CASES)
def test_what_a_macro_calls_time_is_a_time(judge: Judge, query: str, stored: str, answer: str) -> None:
    sql, _, expected = QUERIES[query]
    with database(STORED[stored]) as connection:

        def run() -> Any:
            return ANSWERS[answer](connection, expand(sql, SPAN, dialect="sqlite"))

        (frame,) = decoded(run)
        found = instances(judge, run)
    connection.close()

    assert frame.fields[0].type.value == "time"
    assert [at.replace(microsecond=0) for at in frame.fields[0].to_list()] == expected
    assert list(found) == [()]  # one series, not one instance for each row


def test_a_cursor_s_frame_knows_the_time_without_a_query() -> None:
    with database(STORED["text"]) as connection:
        frame = Frame.from_any(
            connection.execute(expand("SELECT $__time(at) FROM t", SPAN, dialect="sqlite"))
        )
    connection.close()

    assert frame.fields[0].type.value == "time"


EXPRESSIONS: dict[str, str] = {
    # argument: how it is written in arithmetic or a comparison
    "$__unixEpochGroup(ts + 25200, '1h')": "floor((ts + 25200)/3600)*3600",
    "$__unixEpochGroup(t.ts, '1h')": "floor(t.ts/3600)*3600",
    "$__unixEpochGroup(\"odd name\", '1h')": 'floor("odd name"/3600)*3600',
    "$__unixEpochGroup(`ts`, '1h')": "floor(`ts`/3600)*3600",
    "$__unixEpochGroup([dbo].[ts], '1h')": "floor([dbo].[ts]/3600)*3600",
    "$__unixEpochGroup(coalesce(a, b), '1h')": "floor(coalesce(a, b)/3600)*3600",
    "$__unixEpochGroup((a + b), '1h')": "floor((a + b)/3600)*3600",
    "$__unixEpochGroup((a) + (b), '1h')": "floor(((a) + (b))/3600)*3600",
    "$__unixEpochGroup(f(a) + f(b), '1h')": "floor((f(a) + f(b))/3600)*3600",
    "$__unixEpochGroup(ts::bigint, '1h')": "floor((ts::bigint)/3600)*3600",
    "$__unixEpochFilter(a OR b)": "(a OR b) >= 0 AND (a OR b) <= 60",
    "$__timeFilter(a || b)": "(a || b) >= '1970-01-01T00:00:00Z' AND (a || b) <= '1970-01-01T00:01:00Z'",
    "$__timeFrom(a || b)": "(a || b) >= '1970-01-01T00:00:00Z'",
    "NOT $__unixEpochFilter(ts)": "NOT (ts >= 0 AND ts <= 60)",
    "x OR $__unixEpochFilter(ts)": "x OR ts >= 0 AND ts <= 60",
    "1000 / $__unixEpochGroup(ts, '1h')": "1000 / (floor(ts/3600)*3600)",
    "$__unixEpochGroup(ts, '1h')::bigint": "(floor(ts/3600)*3600)::bigint",
    "cannot $__unixEpochFrom": "cannot 0",
}


@pytest.mark.parametrize("sql", EXPRESSIONS)
def test_an_expression_keeps_its_meaning_where_it_is_pasted(sql: str) -> None:
    assert expand(sql, Span(0, 60_000)) == EXPRESSIONS[sql]


@pytest.mark.parametrize("macro", ["timeGroup", "timeGroupAlias", "unixEpochGroup", "unixEpochGroupAlias"])
@pytest.mark.parametrize("fill", ["0", "NULL", "previous"])
def test_the_fill_argument_is_a_sentence_for_the_panel_s_user(macro: str, fill: str) -> None:
    with pytest.raises(FrameError) as caught:
        expand(f"$__{macro}(at, '5m', {fill})", SPAN, dialect="sqlite")

    assert f"leave out the third argument ({fill}) and connect null values in the panel" in str(caught.value)


TEXTS: dict[str, int] = {
    "2023-02-23T09:26:59Z": 1_677_144_419_000_000_000,
    "2023-02-23 09:26:59": 1_677_144_419_000_000_000,
    "2023-02-23T10:26:59+01:00": 1_677_144_419_000_000_000,
    "2023-02-23T09:26:59.5Z": 1_677_144_419_500_000_000,
    "2023-02-23T09:26:59.123456789Z": 1_677_144_419_123_456_789,
    "2023-02-23T09:26:59,25Z": 1_677_144_419_250_000_000,
    "1969-12-31T23:59:59.5Z": -500_000_000,
    "2023-02-23": 1_677_110_400_000_000_000,
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_becomes_a_time_where_that_is_asked_for(text: str) -> None:
    for values in ([text, None], np.array([text]), pd.Series([text])):
        column = Field("time", values, type="time").check().column
        assert raw_list(column)[0] == TEXTS[text]


@pytest.mark.parametrize("text", ["soon", "", "2023-13-45", "1700000000.5", "09:26:59"])
def test_text_that_is_no_time_is_refused_by_its_row(text: str) -> None:
    with pytest.raises(FrameError, match=r'field "time", row 1: .* does not fit a time field'):
        Field("time", ["2023-02-23", text], type="time").check()


LEFT: dict[str, Callable[[], Any]] = {
    "counts": lambda: {"time": [1, 2, 3], "v": [1, 2, 3]},
    "words": lambda: {"time": ["morning", "evening"], "v": [1, 2]},
    "some words": lambda: {"time": ["2026-01-01", "evening"], "v": [1, 2]},
    "a time beside": lambda: {"time": ["2026-01-01"], "at": [T0], "v": [1]},
    "another name": lambda: {"day": ["2026-01-01"], "v": [1]},
    "an author's frame": lambda: Frame("f", Field("time", ["2026-01-01"]), Field("v", [1])),
    "NaN": lambda: {"time": [float("nan")], "v": [1]},
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_surely_a_time_is_left(name: str) -> None:
    (frame,) = decoded(LEFT[name])

    assert frame.fields[0].type.value != "time"
