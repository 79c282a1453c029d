"""The SQL of each macro in each dialect; SQLite runs its own."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from plugin_sdk.data.dialects import DIALECTS, MacroError, quote_identifier, quote_literal
from plugin_sdk.data.macros import MACROS, Span, expand, format_interval, parse_interval

SPAN = Span(1_767_225_600_000, 1_767_229_200_500, 300_000)  # 2026-01-01 00:00:00 to 01:00:00.5

STANDARD = {
    "$__timeFilter(at)": "at >= '2026-01-01T00:00:00Z' AND at <= '2026-01-01T01:00:00.500Z'",
    "$__timeFilter(coalesce(a, b))": "coalesce(a, b) >= '2026-01-01T00:00:00Z' AND coalesce(a, b) <= '2026-01-01T01:00:00.500Z'",
    "$__timeFrom(at)": "at >= '2026-01-01T00:00:00Z'",
    "$__timeTo(at)": "at <= '2026-01-01T01:00:00.500Z'",
    "$__timeFrom()": "'2026-01-01T00:00:00Z'",
    "$__timeTo": "'2026-01-01T01:00:00.500Z'",
    "$__timeGroup(at, month)": "datepart(month, at),datepart(year, at)",
    "$__timeGroup(at, 'minute')": "datepart(minute, at),datepart(hour, at),datepart(day, at),datepart(month, at),datepart(year, at)",
    "$__time(at)": 'at AS "time"',
    "$__interval": "5m",
    "${__interval}": "5m",
    "'$__interval'": "'5m'",
    "$__interval_ms": "300000",
    "$__from and $__to": "1767225600000 and 1767229200500",
    "$__unixEpochFilter(at)": "at >= 1767225600 AND at <= 1767229200",
    "$__unixEpochFrom() - $__unixEpochTo()": "1767225600 - 1767229200",
    "$__unixEpochGroup(at, $__interval)": "floor(at/300)*300",
    "$__unixEpochGroupAlias(at, 1h)": 'floor(at/3600)*3600 AS "time"',
    "$__table.$__column": '"public"."t"."c"',
    "no macro, $1, ${other}, $x": "no macro, $1, ${other}, $x",
}  # fmt: skip


@pytest.mark.parametrize("sql", STANDARD)
def test_a_macro_becomes_its_sql(sql: str) -> None:
    assert expand(sql, SPAN, table="public.t", column="c") == STANDARD[sql]


def test_every_macro_is_tried() -> None:
    assert {name for name in MACROS if any(f"__{name}" in sql for sql in STANDARD)} == set(MACROS) - {
        "timeGroupAlias"
    }


# MySQL and SQLite do not refuse a number where an instant is asked for.
IN_MYSQL = (
    "CASE WHEN LOCATE('-', at, 2) > 0 THEN UNIX_TIMESTAMP(at) "
    "ELSE CASE WHEN ABS(at) <= 99999999999 THEN at ELSE at/1000 END END"
)
IN_SQLITE = (
    "CASE WHEN typeof(at) IN ('integer', 'real') THEN datetime("
    "CASE WHEN abs(at) < 100000000000 THEN at ELSE at/1000 END, 'unixepoch') ELSE datetime(at) END"
)
GROUPS = {
    "postgres": 'to_timestamp(floor(extract(epoch from at)/300)*300) AS "time"',
    "mysql": f"FROM_UNIXTIME(FLOOR({IN_MYSQL}/300)*300) AS `time`",
    "mssql": "DATEADD(second, DATEDIFF(second, '1970-01-01', at)/300*300, '1970-01-01') AS [time]",
    "sqlite": f"datetime(CAST(strftime('%s', {IN_SQLITE}) AS INTEGER)/300*300, 'unixepoch') AS \"time\"",
}
DAYS = {
    "postgres": "date_trunc('day', at)",
    "mysql": (
        f"CAST(DATE_FORMAT(CASE WHEN LOCATE('-', at, 2) > 0 THEN at ELSE FROM_UNIXTIME({IN_MYSQL}) END, "
        "'%Y-%m-%d') AS DATETIME)"
    ),
    "mssql": "DATEADD(day, DATEDIFF(day, 0, at), 0)",
    "sqlite": f"strftime('%Y-%m-%d 00:00:00', {IN_SQLITE})",
}


@pytest.mark.parametrize("dialect", GROUPS)
def test_each_dialect_groups_time_in_its_own_way(dialect: str) -> None:
    assert expand("$__timeGroupAlias(at, $__interval)", SPAN, dialect=dialect) == GROUPS[dialect]
    assert expand("$__timeGroup(at, day)", SPAN, dialect=dialect) == DAYS[dialect]
    assert set(GROUPS) | {"standard"} == set(DIALECTS)


def test_an_interval_below_a_second_is_rounded_up() -> None:
    sql = expand("$__timeGroup(at, $__interval)", Span(0, 1, 200), dialect="mysql")

    assert sql == f"FROM_UNIXTIME(FLOOR({IN_MYSQL}/1)*1)"


def test_mysql_gets_instants_that_do_not_depend_on_its_zone() -> None:
    sql = expand("$__timeFilter(at)", SPAN, dialect="mysql")

    assert sql.startswith("(at >= FROM_UNIXTIME(1767225600) AND at <= FROM_UNIXTIME(1767229200.500) OR ")


@pytest.mark.parametrize("at", ["2026-01-01 00:00:00", "2026-01-01T01:00:00Z"])
def test_sqlite_finds_both_ends_of_the_range_and_groups_them(at: str) -> None:
    sql = expand("SELECT $__timeGroup(at, 30m) FROM t WHERE $__timeFilter(at)", SPAN, dialect="sqlite")
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE t (at TEXT)")
        connection.executemany(
            "INSERT INTO t VALUES (?)", [(at,), ("2025-12-31 23:59:59",), ("2026-01-01 01:00:01",)]
        )
        rows = connection.execute(sql).fetchall()
    connection.close()

    assert rows == [(at[:19].replace("T", " "),)]


@pytest.mark.parametrize(
    ("sql", "options", "expected"),
    [
        ("$__timeFliter(at)", {}, "unknown macro $__timeFliter; did you mean $__timeFilter?"),
        ("$__zzz", {}, "unknown macro $__zzz; expected one of column, from"),
        ("$__timeFilter", {}, "$__timeFilter has 0 arguments; expected 1"),
        ("$__timeFilter(a, b)", {}, "$__timeFilter has 2 arguments; expected 1"),
        ("$__timeFrom(a, b)", {}, "$__timeFrom has 2 arguments; expected 0 or 1"),
        ("$__timeFilter(f(a)", {}, "missing closing parenthesis in '(f(a)'"),
        (
            "$__timeGroup(at, 5m)",
            {},
            "$__timeGroup(at, 300s) differs between databases; expected a period (minute",
        ),
        (
            "$__timeGroup(at, 5x)",
            {"dialect": "mysql"},
            "invalid interval '5x'; expected a number and one of ms, s",
        ),
        ("$__timeGroup(at, 0s)", {"dialect": "mysql"}, "invalid interval '0s'"),
        ("$__timeGroup(at, 5m, NULL)", {}, "$__timeGroup does not fill gaps; use fill= of long_to_wide()"),
        ("$__table", {}, "$__table has no value; set it with expand(..., table=...)"),
        ("x", {"dialect": "oracle"}, "unknown dialect 'oracle'; expected one of standard, postgres"),
    ],
)
def test_an_invalid_macro_is_reported(sql: str, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(MacroError) as caught:
        expand(sql, SPAN, **options)

    assert expected in str(caught.value)


def test_an_argument_may_hold_quotes_brackets_and_macros() -> None:
    assert expand("$__time(f('a,)b', \"c(\", g(1, $__from)))", SPAN) == (
        'f(\'a,)b\', "c(", g(1, 1767225600000)) AS "time"'
    )


def test_what_a_macro_inserts_is_not_expanded_again() -> None:
    macros = {"twice": lambda call: "$__interval", "arg": lambda call: "|".join(call.arguments(2))}

    assert expand("$__twice $__arg(a, $__interval)", SPAN, macros=macros) == "$__interval a|5m"


@pytest.mark.parametrize(
    ("name", "dialect", "expected"),
    [
        ('a"b', "standard", '"a""b"'),
        ("a`b", "mysql", "`a``b`"),
        ("dbo.a]b", "mssql", "[dbo].[a]]b]"),
    ],
)
def test_a_name_cannot_end_its_quotes(name: str, dialect: str, expected: str) -> None:
    assert quote_identifier(name, dialect) == expected


@pytest.mark.parametrize("name", ["", "a..b", ".a", "a\0"])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(MacroError, match="invalid name"):
        quote_identifier(name)


@pytest.mark.parametrize(
    ("value", "dialect", "expected"),
    [
        (None, "standard", "NULL"),
        (True, "postgres", "TRUE"),
        (True, "sqlite", "1"),
        (-5, "standard", "-5"),
        (0.5, "standard", "0.5"),
        ("it's", "standard", "'it''s'"),
        ("\\'; DROP", "mysql", "'\\\\''; DROP'"),
    ],
)
def test_a_value_cannot_end_its_quotes(value: Any, dialect: str, expected: str) -> None:
    assert quote_literal(value, dialect) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"x", "a\0", [1]])
def test_an_invalid_value_is_refused(value: Any) -> None:
    with pytest.raises(MacroError, match="cannot be written as SQL"):
        quote_literal(value)


@pytest.mark.parametrize("text", ["5m", "'90s'", "1h", "250ms", "2d", "1w", "60"])
def test_intervals_are_read_and_written(text: str) -> None:
    assert parse_interval(format_interval(parse_interval(text))) == parse_interval(text)
