"""What a panel's SQL comes to, the same in each database."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin_sdk.data import FieldType, FrameType
from tests.sdk.sql.plugin import T0_MS, Source, ask, columns, query, source
from tests.sdk.sql.servers import Server

T0 = datetime.fromtimestamp(T0_MS / 1000, UTC)
MINUTES = [T0 + timedelta(minutes=minute) for minute in range(61)]

MACROS: dict[str, tuple[str, list[datetime], list[float]]] = {
    "time filter": (
        "SELECT $__time(ts), v FROM measurements WHERE host = 'a' AND $__timeFilter(ts) ORDER BY 1",
        MINUTES,
        [float(minute) for minute in range(61)],
    ),
    "epoch filter": (
        "SELECT $__time(epoch), v FROM measurements WHERE host = 'a' AND $__unixEpochFilter(epoch) ORDER BY 1",
        MINUTES,
        [float(minute) for minute in range(61)],
    ),
    "groups": (
        "SELECT $__timeGroupAlias(ts, '10m'), avg(v) AS v FROM measurements "
        "WHERE ts >= $__timeFrom() AND ts < $__timeTo() AND host = 'a' GROUP BY 1 ORDER BY 1",
        MINUTES[:60:10],
        [4.5, 14.5, 24.5, 34.5, 44.5, 54.5],
    ),
    "epoch groups": (
        "SELECT $__unixEpochGroupAlias(epoch, '30m'), max(v) AS v FROM measurements "
        "WHERE epoch >= $__unixEpochFrom() AND epoch < $__unixEpochTo() GROUP BY 1 ORDER BY 1",
        MINUTES[:60:30],
        [29.0, 59.0],
    ),
    "periods": (
        "SELECT $__timeGroupAlias(ts, hour), count(*) AS v FROM measurements WHERE host = 'a' "
        "GROUP BY 1 ORDER BY 1",
        [T0 - timedelta(hours=1), T0, T0 + timedelta(hours=1)],
        [10, 60, 10],
    ),
}


@pytest.mark.parametrize("name", MACROS)
def test_a_macro_is_what_the_database_understands(name: str, server: Server) -> None:
    sql, times, values = MACROS[name]

    frame = ask(server, sql)

    assert columns(frame) == {"time": times, "v": values}
    assert frame.meta is not None
    assert "$__" not in str(frame.meta.executed_query_string)


def test_rows_of_several_series_become_a_field_each(server: Server) -> None:
    frame = ask(
        server,
        "SELECT $__time(ts), host, v FROM measurements WHERE $__timeFilter(ts) ORDER BY host, ts",
        format="time_series",
    )

    assert [(field.name, field.labels) for field in frame.fields] == [
        ("time", None), ("v", {"host": "a"}), ("v", {"host": "b"}),
    ]  # fmt: skip
    assert frame.fields[0].to_list() == MINUTES
    assert frame.meta is not None
    assert frame.meta.type == FrameType.TIMESERIES_WIDE


def test_what_is_no_series_stays_a_table_with_a_notice(server: Server) -> None:
    frame = ask(server, "SELECT $__time(ts), 'a' AS host, v FROM measurements", format="time_series")

    assert len(frame) == 160
    assert frame.meta is not None
    assert frame.meta.notices
    assert "a second value of {host=a} at the same time" in frame.meta.notices[0].text


# Each kind of time that a database has, and no time at all; 12:30 UTC on the first of February.
TIMES: dict[str, dict[str, Any]] = {
    "postgres": {
        "TIMESTAMPTZ '2026-02-01 13:30:00+01'": None,
        "TIMESTAMP '2026-02-01 12:30:00'": None,
        "DATE '2026-02-01'": datetime(2026, 2, 1, tzinfo=UTC),
        "NULL::timestamptz": "null",
    },
    "mysql": {
        "TIMESTAMP '2026-02-01 12:30:00'": None,
        "CAST('2026-02-01 12:30:00' AS DATETIME)": None,
        "FROM_UNIXTIME(1769949000)": None,
        "CAST('2026-02-01' AS DATE)": datetime(2026, 2, 1, tzinfo=UTC),
    },
    "sqlite": {
        "'2026-02-01 12:30:00'": None,
        "'2026-02-01T12:30:00Z'": None,
        "'2026-02-01T13:30:00.000+01:00'": None,
        "datetime(1769949000, 'unixepoch')": None,
    },
    "duckdb": {
        "TIMESTAMPTZ '2026-02-01 13:30:00+01'": None,
        "TIMESTAMP '2026-02-01 12:30:00'": None,
        "TIMESTAMP_NS '2026-02-01 12:30:00'": None,
        "TIMESTAMP_S '2026-02-01 12:30:00'": None,
        "DATE '2026-02-01'": datetime(2026, 2, 1, tzinfo=UTC),
    },
}


@pytest.mark.parametrize(
    ("dialect", "written"), [(dialect, sql) for dialect, found in TIMES.items() for sql in found]
)
def test_a_time_is_an_instant(dialect: str, written: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(dialect)
    expected = TIMES[dialect][written] or datetime(2026, 2, 1, 12, 30, tzinfo=UTC)

    (field,) = ask(server, f"SELECT {written} AS seen").fields

    if expected == "null":
        assert field.to_list() == [None]
    else:
        assert (field.type, field.to_list()) == (FieldType.TIME, [expected])


# What the drivers return for everything else; a panel never fails because of one column.
VALUES: dict[str, dict[str, Any]] = {
    "postgres": {
        "1.5::numeric": 1.5, "'NaN'::float8": "nan", "true": True, "'a'::text": "a", "'{\"a\": 1}'::jsonb": {"a": 1},
        "ARRAY[1, 2]": [1, 2], "'\\x00ff'::bytea": "\\x00ff", "'abc'::bytea": "abc", "interval '90 s'": 90.0,
        "'10.0.0.1'::inet": "10.0.0.1", "int4range(1, 3)": "[1, 3)", "18446744073709551616::numeric": 2.0**64,
        "'6f1ed002-ab5b-4ff4-8b2f-1f1d5ac7b2f1'::uuid": "6f1ed002-ab5b-4ff4-8b2f-1f1d5ac7b2f1", "'100 %'": "100 %",
        "time '10:00'": "10:00:00", "'a:b'::text": "a:b",
    },
    "mysql": {
        "1.5": 1.5, "'a'": "a", "X'00ff'": "\\x00ff", "CAST('10:00:00' AS TIME)": 36000.0,
        "18446744073709551615": 18446744073709551615, "'100 %'": "100 %", "TRUE": 1,
    },
    "sqlite": {"1.5": 1.5, "'a'": "a", "X'00ff'": "\\x00ff", "'100 %'": "100 %", "'2026-13-45 99:00'": "2026-13-45 99:00"},
    "duckdb": {
        "1.5": 1.5, "true": True, "[1, 2]": [1, 2], "{'a': 1}": {"a": 1}, "'x'::BLOB": "x", "INTERVAL 90 SECONDS": 90.0,
        "MAP {'a': 1}": {"a": 1}, "340282366920938463463374607431768211455::UHUGEINT": float(2**128 - 1), "'100 %'": "100 %",
        "TIME '10:00'": "10:00:00",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "written"), [(dialect, sql) for dialect, found in VALUES.items() for sql in found]
)
def test_a_value_of_any_type_is_shown(dialect: str, written: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(dialect)

    frame = ask(server, f"SELECT {written} AS seen, 1 AS one")

    (value,) = frame.fields[0].to_list()
    assert (value if value == value else "nan") == VALUES[dialect][written]
    frame.to_arrow()


def test_columns_of_one_name_are_told_apart(server: Server) -> None:
    assert columns(ask(server, "SELECT 1 AS x, 2 AS x, 3 AS y")) == {"x": [1], "x_2": [2], "y": [3]}


def test_no_rows_leave_the_columns(server: Server) -> None:
    frame = ask(server, "SELECT host, v FROM measurements WHERE v > 1000")
    assert columns(frame) == {"host": [], "v": []}


# Limits

NUMBERS = {
    "postgres": "SELECT generate_series(1, {n}) AS n",
    "mysql": "SELECT seq AS n FROM seq_1_to_{n}",
    "sqlite": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT {n}) SELECT n FROM r",
    "duckdb": "SELECT range + 1 AS n FROM range({n})",
}


def numbers(server: Server, count: int) -> str:
    return NUMBERS[type(server.settings).dialect].format(n=count)


@pytest.mark.parametrize("limit", [1, 8191, 8192, 8193, 20_000])
def test_no_more_rows_than_the_limit_are_read_and_a_notice_says_so(limit: int, server: Server) -> None:
    with source(server.changed(row_limit=limit)) as plugin:
        frame = plugin.query(query(numbers(server, 10_000_000)))
        left = plugin.engine.pool.checkedout()
        again = plugin.query(query("SELECT 1 AS one"))

    assert (len(frame), frame.fields[0].to_list()[-1], left, len(again)) == (limit, limit, 0, 1)
    assert frame.meta is not None
    assert [notice.text for notice in frame.meta.notices or []] == [f"only the first {limit} rows are shown"]


def test_grafanas_own_limit_counts_too(server: Server) -> None:
    frame = ask(server, numbers(server, 100), config={"GF_SQL_ROW_LIMIT": "7"})
    assert len(frame) == 7


def test_a_result_within_the_limit_has_no_notice(server: Server) -> None:
    frame = ask(server, numbers(server, 100), server.changed(row_limit=100))
    assert frame.meta is not None
    assert (len(frame), frame.meta.notices) == (100, None)


def test_a_result_ends_at_grafanas_response_limit(server: Server) -> None:
    frame = ask(server, numbers(server, 1_000_000), config={"GF_RESPONSE_LIMIT": "100000"})

    assert len(frame) == 2 * 8192
    assert frame.meta is not None
    assert "Grafana's response limit of 100000 bytes" in (frame.meta.notices or [])[0].text


def test_the_rows_are_not_held_beside_the_columns(sqlite: Server) -> None:
    with source(sqlite.settings) as plugin:
        peaks = {count: peak_of(plugin, numbers(sqlite, count)) for count in (100, 30_000, 60_000)}

    bytes_of_a_row = (peaks[60_000] - peaks[30_000]) / 30_000
    assert bytes_of_a_row < 3 * 8  # as Python's numbers alone it is more than forty


def peak_of(plugin: Source, sql: str) -> int:
    tracemalloc.start()
    try:
        plugin.query(query(sql))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
