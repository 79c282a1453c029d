"""Macros for the SQL of a panel, as in the Go SDK: `$__timeFilter(created)` and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import ceil
from typing import Any

from plugin_sdk.data.dialects import PERIODS, Dialect, MacroError, dialect_of, quote_identifier
from plugin_sdk.data.resampling import Query

Macro = Callable[["Call"], str]
_MACRO = re.compile(r"\$__(\w+)|\$\{__(\w+)\}")
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_UNITS_MS |= {"M": 30 * 86_400_000, "y": 365 * 86_400_000}


@dataclass(frozen=True, slots=True)
class Call:
    """A macro in a query: its arguments, already expanded, and the facts it may use."""

    name: str
    args: list[str] | None
    query: Query
    dialect: Dialect
    table: str
    column: str

    def arguments(self, *counts: int) -> list[str]:
        """Return the arguments.

        Raises:
            MacroError: their number is none of `counts`.
        """
        args = self.args or []
        if len(args) not in counts:
            requested = " or ".join(map(str, counts))
            raise MacroError(f"$__{self.name} has {len(args)} arguments; expected {requested}")
        return args

    @property
    def range_ms(self) -> tuple[int, int]:
        """The time range of the query."""
        return self.query.time_range.from_ms, self.query.time_range.to_ms


def expand(
    sql: str,
    query: Query,
    *,
    dialect: str = "standard",
    table: str = "",
    column: str = "",
    macros: Mapping[str, Macro] | None = None,
) -> str:
    """Return the SQL with every macro replaced, for a query's time range and interval.

    Macros insert numbers, instants and quoted names. Their arguments are SQL of the query's author and are
    not changed. `macros` adds macros, or replaces some.

    Examples:
        >>> from plugin_sdk.data.macros import Span
        >>> expand("SELECT * FROM t WHERE $__timeFilter(at)", Span(0, 60_000))
        "SELECT * FROM t WHERE at >= '1970-01-01T00:00:00Z' AND at <= '1970-01-01T00:01:00Z'"
    """
    known = {**MACROS, **(macros or {})}
    make = dialect_of(dialect)

    def run(name: str, args: list[str] | None) -> str:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean $__{near[0]}?" if near else f"expected one of {', '.join(sorted(known))}"
            raise MacroError(f"unknown macro $__{name}; {hint}")
        inner = None if args is None else [_replaced(arg, run) for arg in args]
        return known[name](Call(name, inner, query, make, table, column))

    return _replaced(sql, run)


@dataclass(frozen=True, slots=True)
class Span:
    """A time range and an interval in place of a query, for tests and scripts."""

    from_ms: int
    to_ms: int
    interval_ms: int = 60_000
    max_data_points: int = 0

    @property
    def time_range(self) -> Span:
        """The object itself, which has `from_ms` and `to_ms`."""
        return self


def _replaced(sql: str, run: Callable[[str, list[str] | None], str]) -> str:
    out, at = [], 0
    while match := _MACRO.search(sql, at):
        out.append(sql[at : match.start()])
        args, at = _arguments(sql, match.end())
        made = run(match[1] or match[2], args)
        out.append(_standing_in("".join(out), made, sql[at : at + 2]))
    return "".join([*out, sql[at:]])


def _arguments(sql: str, start: int) -> tuple[list[str] | None, int]:
    """Return the arguments in parentheses, which may be nested or quoted, and the index after them."""
    if sql[start : start + 1] != "(":
        return None, start
    args, depth, begin, quote = [], 0, start + 1, ""
    for at in range(start, len(sql)):
        char = sql[at]
        if quote or char in "'\"`":
            quote = "" if char == quote else quote or char
        elif char == "(":
            depth += 1
        elif char == ")" and depth > 1:
            depth -= 1
        elif char == ")" or (char == "," and depth == 1):
            args.append(sql[begin:at].strip())
            begin = at + 1
            if char == ")":
                return ([] if args == [""] else args), at + 1
    raise MacroError(f"missing closing parenthesis in {sql[start:][:60]!r}")


def parse_interval(text: str) -> int:
    """Return an interval such as `5m` or `1h` in milliseconds; a number without a unit is seconds.

    Examples:
        >>> parse_interval("5m")
        300000
    """
    match = re.fullmatch(r"\s*['\"]?(\d+)\s*(ms|s|m|h|d|w|M|y)?['\"]?\s*", text)
    if match is None or int(match[1]) == 0:
        raise MacroError(f"invalid interval {text!r}; expected a number and one of {', '.join(_UNITS_MS)}")
    return int(match[1]) * _UNITS_MS[match[2] or "s"]


def format_interval(ms: int) -> str:
    """Return milliseconds in the largest unit that represents them exactly, as in `$__interval`.

    Examples:
        >>> format_interval(600_000), format_interval(1500)
        ('10m', '1500ms')
    """
    units = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"))
    for size, unit in units:
        if ms and ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"


_NAME = re.compile(r"""(?:[\w$.]+|"[^"]*"|`[^`]*`|\[[^\]]*\])+""")


def _operand(expression: str) -> str:
    """Return an argument for use in arithmetic or a comparison, such as `ts + 25200` in parentheses."""
    name = _NAME.match(expression)
    rest = expression[name.end() :] if name else expression
    if not rest:
        return expression
    if rest.startswith("(") and _arguments(expression, len(expression) - len(rest))[1] == len(expression):
        return expression  # a call, or already in parentheses
    return f"({expression})"


def _standing_in(before: str, made: str, after: str) -> str:
    """Return a macro's result, in parentheses if adjacent operators would bind more tightly."""
    negated = re.search(r"\bNOT\s*$", before, re.IGNORECASE) and " AND " in made
    divided = before.rstrip().endswith(("/", "%")) or after.startswith("::")
    return f"({made})" if negated or (divided and _operand(made) != made) else made


def _time_filter(call: Call) -> str:
    (column,) = call.arguments(1)
    if call.dialect.within is not None:
        return call.dialect.within(_operand(column), *call.range_ms)
    return f"{_bound(call, column, '>=', 0)} AND {_bound(call, column, '<=', 1)}"


def _bound(call: Call, column: str, operator: str, end: int) -> str:
    if call.dialect.within is not None:
        limits = [ms if which == end else None for which, ms in enumerate(call.range_ms)]
        return call.dialect.within(_operand(column), *limits)
    return f"{call.dialect.column(_operand(column))} {operator} {call.dialect.instant(call.range_ms[end])}"


def _one_side(operator: str, end: int) -> Macro:
    """Return the condition on a column, or just the instant if no column is given."""

    def macro(call: Call) -> str:
        args = call.arguments(0, 1)
        return _bound(call, args[0], operator, end) if args else call.dialect.instant(call.range_ms[end])

    return macro


def _time_group(call: Call) -> str:
    if len(call.args or []) == 3:
        raise MacroError(
            f"$__{call.name} does not fill gaps; use fill= of long_to_wide() or resample() in the plugin, or "
            f"leave out the third argument ({(call.args or [])[2]}) and connect null values in the panel"
        )
    column, interval = call.arguments(2)
    period = interval.strip("'\"")
    if period in PERIODS:
        return call.dialect.period(_operand(column), period)
    return call.dialect.group(_operand(column), _whole_seconds(interval))


def _whole_seconds(interval: str) -> int:
    # Databases group by whole seconds, so a shorter interval is rounded up.
    return ceil(parse_interval(interval) / 1000)


def _epoch_filter(call: Call) -> str:
    (argument,) = call.arguments(1)
    column = _operand(argument)
    start, end = call.range_ms
    return f"{column} >= {start // 1000} AND {column} <= {end // 1000}"


def _epoch_group(call: Call) -> str:
    if len(call.args or []) == 3:
        _time_group(call)  # raises, since it fills no gaps either
    column, interval = call.arguments(2)
    return call.dialect.epoch_group(_operand(column), _whole_seconds(interval))


def _aliased(macro: Macro) -> Macro:
    return lambda call: f"{macro(call)} AS {quote_identifier('time', call.dialect.name)}"


def _name(attribute: str) -> Macro:
    def macro(call: Call) -> str:
        name = getattr(call, attribute)
        if not name:
            raise MacroError(f"$__{call.name} has no value; set it with expand(..., {attribute}=...)")
        return quote_identifier(name, call.dialect.name)

    return macro


def _value(value: Callable[[Call], Any]) -> Macro:
    def macro(call: Call) -> str:
        call.arguments(0)
        return str(value(call))

    return macro


MACROS: dict[str, Macro] = {
    "timeFilter": _time_filter,
    "timeFrom": _one_side(">=", 0),
    "timeTo": _one_side("<=", 1),
    "timeGroup": _time_group,
    "timeGroupAlias": _aliased(_time_group),
    "time": _aliased(lambda call: call.arguments(1)[0]),
    "interval": _value(lambda call: format_interval(call.query.interval_ms)),
    "interval_ms": _value(lambda call: call.query.interval_ms),
    "from": _value(lambda call: call.range_ms[0]),
    "to": _value(lambda call: call.range_ms[1]),
    "unixEpochFilter": _epoch_filter,
    "unixEpochFrom": _value(lambda call: call.range_ms[0] // 1000),
    "unixEpochTo": _value(lambda call: call.range_ms[1] // 1000),
    "unixEpochGroup": _epoch_group,
    "unixEpochGroupAlias": _aliased(_epoch_group),
    "table": _name("table"),
    "column": _name("column"),
}
