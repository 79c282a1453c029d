"""Converts time series between shapes: long as SQL returns them, wide as panels draw them, and multi."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from plugin_sdk.data._checked import CheckedFrame
from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data._values import Series, field_of, label_text
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.field import CheckedField, Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.frame import Frame
from plugin_sdk.data.meta import FrameMeta, FrameType

Fill = str | float | None
_CELLS = 10_000_000  # rows times series; more would fit neither a browser nor this process


def time_series_type(table: Any) -> str:
    """Return `long` (time, texts, numbers), `wide` (time and numbers) or `not`.

    Examples:
        >>> time_series_type({"station": ["berlin"], "value": [1.0]})
        'not'
    """
    return Series(table).kind


def long_to_wide(table: Any, *, fill: Fill = "null", sort: bool = False) -> Frame:
    """Return one field for each series of a long table, with its texts as labels.

    `fill` is the value where a series has none: `"null"`, `"previous"` or a number. The result has the frame
    type that the contract for alerting and expressions requires. A wide table is returned unchanged, and so
    is one without rows, whose shape is unknown.

    Examples:
        >>> from datetime import date
        >>> day = date(2026, 1, 1)
        >>> rows = [(day, "berlin", 1.0), (day, "oslo", 2.0)]
        >>> wide = long_to_wide(Frame.from_rows(rows, ["time", "station", "value"]))
        >>> [(field.labels, field.values) for field in wide.fields[1:]]
        [({'station': 'berlin'}, [1.0]), ({'station': 'oslo'}, [2.0])]
    """
    series = Series(table)
    if given_back := _given_back(series, FrameType.TIMESERIES_WIDE, sort=sort):
        return given_back
    if sort:
        series = Series(sorted_by_time(table))
    series.expect("long")
    instants = series.instants()
    assert series.time is not None  # expect() has checked it
    axis = list(dict.fromkeys(instants))
    places = {instant: position for position, instant in enumerate(axis)}
    keys = list(zip(*(map(label_text, raw_list(field.column)) for field in series.factors), strict=True))
    _check_unique(series, instants, keys)
    rows = [places[instant] for instant in instants]
    fields = [
        field
        for value in sorted(series.values, key=lambda field: field.name)
        for field in _wide_fields(series, value, rows, keys, len(axis), fill)
    ]
    time = field_of(series.time, axis)
    return _frame(series.frame, [time, *fields], series.meta, FrameType.TIMESERIES_WIDE)


_KINDS = {FrameType.TIMESERIES_WIDE: "wide", FrameType.TIMESERIES_LONG: "long"}


def _given_back(series: Series, kind: FrameType, *, sort: bool = False) -> Frame | None:
    """Return the table if it already has the shape or has no rows; None if it must be converted."""
    if not len(series.frame):
        return _frame(series.frame, [], series.meta, kind)
    if series.kind != _KINDS[kind]:
        return None
    same = Frame(
        series.frame.name,
        *(field_of(field, raw_list(field.column)) for field in series.frame.fields),
        ref_id=series.frame.ref_id,
        meta=series.meta,
    )
    if sort:
        same = sorted_by_time(same)
    Series(same).instants()
    return _frame(series.frame, same.fields, series.meta, kind)


def _check_unique(series: Series, instants: list[int], keys: list[tuple[str, ...]]) -> None:
    names = [field.name for field in series.factors]
    if len(set(names)) < len(names):
        raise series.error(f"two text fields have the same name; found {', '.join(names)}")
    if len(set(keys)) * len(set(instants)) * len(series.values) > _CELLS:
        raise series.error(
            f"{len(set(keys))} series would need more than {_CELLS:,} cells; group by fewer texts"
        )
    seen: set[tuple[int, tuple[str, ...]]] = set()
    for row, point in enumerate(zip(instants, keys, strict=True)):
        if point in seen:
            labels = ", ".join(f"{name}={value}" for name, value in zip(names, point[1], strict=True))
            raise series.error(
                f"a second value of {{{labels}}} at the same time; group by the texts", row=row
            )
        seen.add(point)


def _wide_fields(
    series: Series, value: CheckedField, rows: list[int], keys: list[tuple[str, ...]], length: int, fill: Fill
) -> list[Field]:
    columns: dict[tuple[str, ...], list[Any]] = {}
    here: dict[tuple[str, ...], set[int]] = {}
    for row, key, held in zip(rows, keys, raw_list(value.column), strict=True):
        columns.setdefault(key, [None] * length)[row] = held
        here.setdefault(key, set()).add(row)
    names = [field.name for field in series.factors]
    made = []
    for key in sorted(columns):
        values = filled(columns[key], here[key], fill, value)
        labels = {**(value.labels or {}), **dict(zip(names, key, strict=True))}
        made.append(field_of(value, values, labels=labels))
    return made


def filled(values: list[Any], here: set[int], fill: Fill, like: CheckedField) -> list[Any]:
    """Return the values with the rows that are not `here` filled; a null that is `here` stays null."""
    if fill in ("null", None):
        return values
    if fill != "previous":
        if isinstance(fill, str | bool) or not like.column.type.numeric:
            raise FrameError(f'fill is {fill!r}; expected "null", "previous" or a number', field=like.name)
        whole = like.column.type not in (FieldType.FLOAT32, FieldType.FLOAT64) and float(fill).is_integer()
        constant = int(fill) if whole else fill
        return [value if row in here else constant for row, value in enumerate(values)]
    out: list[Any] = []
    for row, value in enumerate(values):
        out.append(value if row in here or not out else out[-1])
    return out


def wide_to_long(table: Any) -> Frame:
    """Return one row for each time and series, with the labels as text fields.

    Examples:
        >>> from datetime import date
        >>> frame = Frame("", Field("t", [date(2026, 1, 1)]), Field("v", [1.0], labels={"station": "oslo"}))
        >>> [field.name for field in wide_to_long(frame).fields]
        ['t', 'v', 'station']
    """
    series = Series(table)
    if given_back := _given_back(series, FrameType.TIMESERIES_LONG):
        return given_back
    series.expect("wide")
    instants = series.instants()
    assert series.time is not None  # expect() has checked it
    groups = _label_groups(series)
    names = sorted({field.name for field in series.values})
    likes = {field.name: field for field in series.values}
    texts = sorted({key for labels in groups for key, _ in labels})
    columns: dict[str, list[Any]] = {name: [] for name in names}
    factors: dict[str, list[str]] = {text: [] for text in texts}
    for row in range(len(instants)):
        for labels in sorted(groups):
            found = dict(labels)
            for text in texts:
                factors[text].append(found.get(text, ""))
            for name in names:
                values = groups[labels].get(name)
                columns[name].append(None if values is None else values[row])
    time = field_of(series.time, [instant for instant in instants for _ in groups])
    fields = [field_of(likes[name], columns[name], labels=None) for name in names]
    fields += [Field(text, values, type=FieldType.STRING) for text, values in factors.items()]
    return _frame(series.frame, [time, *fields], series.meta, FrameType.TIMESERIES_LONG)


def _label_groups(series: Series) -> dict[tuple[tuple[str, str], ...], dict[str, list[Any]]]:
    groups: dict[tuple[tuple[str, str], ...], dict[str, list[Any]]] = {}
    types: dict[str, FieldType] = {}
    for field in series.values:
        kind = types.setdefault(field.name, field.column.type)
        if kind is not field.column.type:
            problem = f"is {field.column.type.value}, but another field of this name is {kind.value}"
            raise series.error(problem, field.name)
        group = groups.setdefault(tuple(sorted((field.labels or {}).items())), {})
        if field.name in group:
            raise series.error("there are two fields of this name with the same labels", field.name)
        group[field.name] = raw_list(field.column)
    return groups


def wide_to_multi(table: Any) -> list[Frame]:
    """Return one frame for each series, with its own time field; no rows become one frame without fields."""
    series = Series(table)
    if not len(series.frame):
        return [_frame(series.frame, [], series.meta, FrameType.TIMESERIES_MULTI)]
    series.expect("wide")
    assert series.time is not None  # expect() has checked it
    time = field_of(series.time, series.instants())
    kind = FrameType.TIMESERIES_MULTI
    return [
        _frame(series.frame, [time, field_of(field, raw_list(field.column))], series.meta, kind)
        for field in series.values
    ]


def multi_to_wide(frames: Sequence[Any], *, fill: Fill = "null") -> Frame:
    """Return all series of several frames in one, on a common time field; frames without rows are ignored."""
    every = [Series(frame) for frame in frames]
    parts = [part for part in every if len(part.frame)]
    if not parts:
        like = every[0] if every else Series(Frame())
        return _frame(like.frame, [], like.meta, FrameType.TIMESERIES_WIDE)
    for part in parts:
        part.expect("wide")
    axis = sorted({instant for part in parts for instant in part.instants()})
    places = {instant: position for position, instant in enumerate(axis)}
    fields = []
    for part in parts:
        rows = [places[instant] for instant in part.instants()]
        for field in part.values:
            values: list[Any] = [None] * len(axis)
            for row, value in zip(rows, raw_list(field.column), strict=True):
                values[row] = value
            fields.append(field_of(field, filled(values, set(rows), fill, field)))
    first = parts[0]
    assert first.time is not None  # expect() has checked it
    time = field_of(first.time, axis)
    return _frame(first.frame, [time, *fields], first.meta, FrameType.TIMESERIES_WIDE)


def sorted_by_time(table: Any) -> Frame:
    """Return the rows in order of the first time field; rows of equal time keep their order."""
    series = Series(table)
    frame = series.frame
    instants = series.instants(ascending=False)
    order = sorted(range(len(instants)), key=instants.__getitem__)
    fields = []
    for field in frame.fields:
        values = raw_list(field.column)
        fields.append(field_of(field, [values[row] for row in order]))
    return Frame(frame.name, *fields, ref_id=frame.ref_id, meta=series.meta)


def _frame(like: CheckedFrame, fields: list[Field], meta: FrameMeta | None, kind: FrameType) -> Frame:
    typed = replace(meta or FrameMeta(), type=kind, type_version=(0, 1))
    return Frame(like.name, *fields, ref_id=like.ref_id, meta=typed)
