"""How each SQL dialect writes instants, intervals and names, for the macros."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from plugin_sdk.data.errors import FrameError
from plugin_sdk.errors import DownstreamError, ErrorSource

PERIODS = ("minute", "hour", "day", "month", "year")


class MacroError(FrameError, DownstreamError):
    """A macro cannot be expanded; the text is for the author of the query."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.status, self.source = 400, ErrorSource.DOWNSTREAM


@dataclass(frozen=True, slots=True)
class Dialect:
    """One SQL dialect: `instant` writes milliseconds as SQL, `column` makes a column comparable with it.

    `within`, where a dialect has it, writes the condition that a column is between two instants, None for no
    limit, in place of both.
    """

    name: str
    quote: str
    instant: Callable[[int], str]
    column: Callable[[str], str]
    group: Callable[[str, int], str]
    period: Callable[[str, str], str]
    epoch_group: Callable[[str, int], str] = lambda column, s: f"floor({column}/{s})*{s}"
    within: Callable[[str, int | None, int | None], str] | None = None


def iso(ms: int) -> str:
    """Return milliseconds since 1970 as RFC 3339, with a fraction only if it is not zero."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds").replace("+00:00", "Z")


def _quoted_iso(ms: int) -> str:
    return f"'{iso(ms)}'"


def _as_it_is(column: str) -> str:
    return column


def _no_group(column: str, seconds: int) -> str:
    others = " or ".join(name for name in DIALECTS if name != "standard")
    raise MacroError(
        f"$__timeGroup({column}, {seconds}s) differs between databases; "
        f"expected a period ({', '.join(PERIODS)}), or dialect={others}"
    )


def _dateparts(column: str, period: str) -> str:
    """Return the date parts from the finest to the year, as the Go SDK writes them."""
    return ",".join(f"datepart({part}, {column})" for part in PERIODS[PERIODS.index(period) :])


def _truncated(column: str, period: str) -> str:
    return f"date_trunc('{period}', {column})"


def _mysql_instant(ms: int) -> str:
    return f"FROM_UNIXTIME({_seconds(ms)})"


# MySQL compares a number with an instant as the number 20260101120000, so that epochs are before all of them.
_MYSQL_FIRST = "TIMESTAMP'1970-01-02 00:00:00'"
_LARGEST_SECONDS = 10**11 - 1


def _mysql_within(column: str, start: int | None, end: int | None) -> str:
    """Take instants as an index finds them, else numbers: seconds or milliseconds since 1970."""
    limits = [(">=", start), ("<=", end)]
    instants = " AND ".join(f"{column} {sign} {_mysql_instant(ms)}" for sign, ms in limits if ms is not None)
    low, high = -_LARGEST_SECONDS, _LARGEST_SECONDS
    seconds = (
        f"BETWEEN {low if start is None else _seconds(start)} AND {high if end is None else _seconds(end)}"
    )
    first_ms, last_ms = high + 1 if start is None else max(start, high + 1), 10**13 if end is None else end
    numbers = f"{column} + 0 {seconds} OR {column} + 0 BETWEEN {first_ms} AND {last_ms}"
    if start is None:  # also true of every number
        return f"({instants} AND ({column} >= {_MYSQL_FIRST} OR {_is_date(column)} OR {numbers}))"
    return f"({instants} OR {column} < {_MYSQL_FIRST} AND NOT {_is_date(column)} AND ({numbers}))"


def _is_date(column: str) -> str:
    """Return the condition that a value is an instant, whose text has a hyphen after the year."""
    return f"LOCATE('-', {column}, 2) > 0"


def _mysql_seconds(column: str) -> str:
    seconds = f"CASE WHEN ABS({column}) <= {_LARGEST_SECONDS} THEN {column} ELSE {column}/1000 END"
    return f"CASE WHEN {_is_date(column)} THEN UNIX_TIMESTAMP({column}) ELSE {seconds} END"


def _mysql_period(column: str, period: str) -> str:
    form = {"minute": "%Y-%m-%d %H:%i:00", "hour": "%Y-%m-%d %H:00:00", "day": "%Y-%m-%d"}
    form |= {"month": "%Y-%m-01", "year": "%Y-01-01"}
    instant = f"CASE WHEN {_is_date(column)} THEN {column} ELSE FROM_UNIXTIME({_mysql_seconds(column)}) END"
    return f"CAST(DATE_FORMAT({instant}, '{form[period]}') AS DATETIME)"


def _mssql_period(column: str, period: str) -> str:
    return f"DATEADD({period}, DATEDIFF({period}, 0, {column}), 0)"


def _sqlite_period(column: str, period: str) -> str:
    form = {"minute": "%Y-%m-%d %H:%M:00", "hour": "%Y-%m-%d %H:00:00", "day": "%Y-%m-%d 00:00:00"}
    form |= {"month": "%Y-%m-01 00:00:00", "year": "%Y-01-01 00:00:00"}
    return f"strftime('{form[period]}', {_sqlite_column(column)})"


def _sqlite_column(column: str) -> str:
    """Numbers are seconds or milliseconds since 1970; datetime() alone would take them for Julian days."""
    seconds = f"CASE WHEN abs({column}) < 100000000000 THEN {column} ELSE {column}/1000 END"
    is_number = f"typeof({column}) IN ('integer', 'real')"
    return f"CASE WHEN {is_number} THEN datetime({seconds}, 'unixepoch') ELSE datetime({column}) END"


_ALL = (
    Dialect("standard", '"', _quoted_iso, _as_it_is, _no_group, _dateparts),
    Dialect(
        "postgres",
        '"',
        _quoted_iso,
        _as_it_is,
        lambda column, s: f"to_timestamp(floor(extract(epoch from {column})/{s})*{s})",
        _truncated,
    ),
    Dialect(
        "mysql",
        "`",
        _mysql_instant,
        _as_it_is,
        lambda column, s: f"FROM_UNIXTIME(FLOOR({_mysql_seconds(column)}/{s})*{s})",
        _mysql_period,
        within=_mysql_within,
    ),
    Dialect(
        "mssql",
        "[",
        _quoted_iso,
        _as_it_is,
        lambda column, s: f"DATEADD(second, DATEDIFF(second, '1970-01-01', {column})/{s}*{s}, '1970-01-01')",
        _mssql_period,
    ),
    Dialect(
        "sqlite",
        '"',
        # SQLite compares instants as text, so both sides go through datetime().
        lambda ms: f"datetime({ms // 1000}, 'unixepoch')",
        _sqlite_column,
        lambda column, s: (
            f"datetime(CAST(strftime('%s', {_sqlite_column(column)}) AS INTEGER)/{s}*{s}, 'unixepoch')"
        ),
        _sqlite_period,
        # SQLite has floor() only where it was built with the mathematical functions.
        lambda column, s: f"CAST({column} AS INTEGER)/{s}*{s}",
    ),
)
DIALECTS = {dialect.name: dialect for dialect in _ALL}


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03}" if ms % 1000 else f"{ms // 1000}"


def dialect_of(name: str) -> Dialect:
    """Return the dialect with this name."""
    if name not in DIALECTS:
        raise MacroError(f"unknown dialect {name!r}; expected one of {', '.join(DIALECTS)}")
    return DIALECTS[name]


def quote_identifier(name: str, dialect: str = "standard") -> str:
    """Return a table or column name as a quoted identifier, with each part of `a.b` quoted separately.

    Examples:
        >>> quote_identifier('weather.odd"name')
        '"weather"."odd""name"'
    """
    opening = dialect_of(dialect).quote
    closing = "]" if opening == "[" else opening
    parts = name.split(".")
    if not all(parts) or "\0" in name:
        raise MacroError(f"invalid name {name!r}; expected the name of a table or column")
    return ".".join(opening + part.replace(closing, closing * 2) + closing for part in parts)


def quote_literal(value: object, dialect: str = "standard") -> str:
    """Return a value as an SQL literal: a number, NULL, or a quoted text.

    Where the database driver supports query parameters, prefer those.

    Examples:
        >>> quote_literal("O'Hara")
        "'O''Hara'"
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value)) if dialect in ("mssql", "sqlite") else str(value).upper()
    if isinstance(value, int) or (isinstance(value, float) and value - value == 0):
        return repr(value)
    if not isinstance(value, str) or "\0" in value:
        raise MacroError(
            f"{value!r} cannot be written as SQL; expected a text, a finite number, a flag or None"
        )
    text = value.replace("\\", "\\\\") if dialect_of(dialect).name == "mysql" else value
    return "'" + text.replace("'", "''") + "'"
