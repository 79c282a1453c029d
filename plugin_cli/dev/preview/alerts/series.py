"""From a query's frames to the labelled series that a rule works on, by Grafana's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin_cli.dev.preview.alerts.rules import RuleError

Value = float | None
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Series:
    """Values with one set of labels; a single number where `times` is None."""

    labels: Labels
    values: tuple[Value, ...]
    times: tuple[int, ...] | None = None


def series_of(frames: Sequence[Mapping[str, Any]]) -> list[Series]:
    """Return the series of all frames; an empty result means no data.

    Raises:
        RuleError: a frame has a shape that alerting cannot use.
    """
    return [series for frame in frames for series in _of_frame(frame)]


def _of_frame(frame: Mapping[str, Any]) -> list[Series]:
    fields, columns = frame["schema"]["fields"], _columns(frame)
    kinds = [field.get("type", "") for field in fields]
    typed = (frame["schema"].get("meta") or {}).get("type", "")
    if not fields:
        return []
    if typed == "numeric-long":
        return _rows(fields, columns, kinds)
    if typed == "numeric-wide":
        return [
            Series(_labels(field.get("labels")), (column[0],))
            for field, column, kind in zip(fields, columns, kinds, strict=True)
            if kind == "number" and column
        ]
    if "time" not in kinds:
        return _number_table(fields, columns, kinds)
    if typed == "timeseries-long":
        return _long(fields, columns, kinds)
    if typed != "timeseries-wide" and ("string" in kinds or "boolean" in kinds):
        raise RuleError(
            "input data must be a wide series but got type long (convert it, or set the frame's type)"
        )
    times = _moments(columns[kinds.index("time")])
    values = {"number", "boolean"} if typed else {"number"}
    return [
        Series(_labels(field.get("labels")), tuple(map(_number, column)), times)
        for field, column, kind in zip(fields, columns, kinds, strict=True)
        if kind in values
    ]


def _moments(column: list[Any]) -> tuple[int, ...]:
    if None in column:
        raise RuleError(f"row {column.index(None)} has no time")
    return tuple(int(moment) for moment in column)


def _number_table(
    fields: Sequence[Mapping[str, Any]], columns: list[list[Any]], kinds: list[str]
) -> list[Series]:
    """Read a table of one number a row; its text columns are the labels."""
    if kinds.count("number") != 1 or any(kind not in {"number", "string"} for kind in kinds):
        raise RuleError(
            "a table without a time field needs exactly one number field; the others must be text"
        )
    return _rows(fields, columns, kinds)


def _rows(fields: Sequence[Mapping[str, Any]], columns: list[list[Any]], kinds: list[str]) -> list[Series]:
    """Return a number for each number of each row, labelled with the row's texts."""
    numbers = [index for index, kind in enumerate(kinds) if kind == "number"]
    texts = [index for index, kind in enumerate(kinds) if kind == "string"]
    return [
        Series(_texts(fields, columns, texts, row), (columns[number][row],))
        for row in range(len(columns[0]))
        for number in numbers
    ]


def _long(fields: Sequence[Mapping[str, Any]], columns: list[list[Any]], kinds: list[str]) -> list[Series]:
    """Turn rows of time, text and numbers into a series for each set of texts; flags are numbers here."""
    time = kinds.index("time")
    factors = [index for index, kind in enumerate(kinds) if kind == "string"]
    found: dict[tuple[int, Labels], tuple[list[int], list[Value]]] = {}
    for row, moment in enumerate(_moments(columns[time])):
        labels = _texts(fields, columns, factors, row)
        for index, kind in enumerate(kinds):
            if kind in {"number", "boolean"}:
                times, values = found.setdefault((index, labels), ([], []))
                times.append(moment)
                values.append(_number(columns[index][row]))
    return [Series(key[1], tuple(values), tuple(times)) for key, (times, values) in found.items()]


def _texts(
    fields: Sequence[Mapping[str, Any]], columns: list[list[Any]], indexes: list[int], row: int
) -> Labels:
    """Return the labels of a row; a null is an empty label, as for Grafana."""
    return _labels(
        {
            str(fields[index].get("name", "")): "" if columns[index][row] is None else columns[index][row]
            for index in indexes
        }
    )


def _number(value: Any) -> Value:
    return float(value) if isinstance(value, bool) else value


def _columns(frame: Mapping[str, Any]) -> list[list[Any]]:
    """Return the values, with NaN and the infinities put back where JSON has null for them."""
    data = frame.get("data") or {}
    columns = [list(column) for column in data.get("values") or []]
    for column, entity in zip(columns, data.get("entities") or [], strict=False):
        for name, value in (("NaN", float("nan")), ("Inf", float("inf")), ("NegInf", float("-inf"))):
            for index in (entity or {}).get(name) or []:
                column[index] = value
    return columns


def _labels(labels: Mapping[str, str] | None) -> Labels:
    return tuple(sorted((str(name), str(value)) for name, value in (labels or {}).items()))
