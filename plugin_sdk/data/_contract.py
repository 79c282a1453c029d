"""The frame type that alerting and expressions require.

An alert rule fails on a long table without a type ("input data must be a wide series but got type long"), and
with a wrong type Grafana would misread it. So a frame gets a type only if its shape is certain; Grafana
understands wide series, and tables of one number and texts, without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import ge, le
from typing import Any

from plugin_sdk.data._checked import CheckedFrame
from plugin_sdk.data._column import Column
from plugin_sdk.data._convert.python import column as column_of
from plugin_sdk.data._convert.to_python import first_and_last, raw_list
from plugin_sdk.data._values import field_of, label_text
from plugin_sdk.data.field import CheckedField, Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.frame import Frame
from plugin_sdk.data.meta import FrameMeta, FrameType


@dataclass(slots=True)
class _Shape:
    """The checked fields of a frame by their role in a series."""

    time: CheckedField | None
    texts: list[CheckedField]
    flags: list[CheckedField]
    numbers: list[CheckedField]

    @property
    def factors(self) -> list[CheckedField]:
        """The fields that distinguish rows; flags are values if there are no numbers."""
        return [*self.texts, *self.flags] if self.numbers else self.texts


def with_contract(frame: Frame, *, may_sort: bool, for_alert: bool = False) -> Frame:
    """Return the frame in order of time, with a type if its shape is certain.

    Args:
        frame: a frame with rows.
        may_sort: whether rows sorted by series first (`ORDER BY station, time`) are sorted by time; the
            order of a frame that the author made is kept.
        for_alert: whether an alert rule or an expression sent the query: then rows are always sorted.
    """
    if not _is_untyped(frame.meta) or not frame.fields:
        return frame
    checked = frame.check()
    shape = _shape(checked)
    # Keep the result of the conversion, so that encoding the frame does not repeat it.
    frame = _of_columns(frame, checked, [field.column for field in checked.fields])
    frame.converted = checked.fields
    if shape is None:
        return frame
    if shape.time is None:
        return _number_table(frame, checked, shape)
    if shape.factors:
        return _long(frame, checked, shape, may_sort=may_sort, for_alert=for_alert)
    if not shape.numbers and shape.flags:
        frame.meta = _typed(frame.meta, FrameType.TIMESERIES_WIDE)  # as values, which flags are not untyped
    return _in_order(frame, shape.time, for_alert)


def in_time_order(frame: Frame, *, for_alert: bool) -> Frame:
    """Return one of several frames with its rows sorted by time, if it is a wide series without a type."""
    if not _is_untyped(frame.meta) or not frame.fields:
        return frame
    times = [field for field in frame.fields if field.type is FieldType.TIME]
    if len(times) != 1:
        return frame
    time = times[0].check()
    if time.nullable or not (for_alert or _is_newest_first(time)):
        return frame
    checked = frame.check()
    shape = _shape(checked)
    if shape is None or shape.time is None or shape.factors:
        return frame
    return _in_order(_of_columns(frame, checked, [field.column for field in checked.fields]), time, for_alert)


def checked_once(frame: Frame) -> CheckedFrame:
    """Return a frame of `frames_from_any` in the form that can be encoded.

    What `with_contract` has checked is not checked again, so nothing may have changed the fields since.
    """
    if frame.converted is None:
        return frame.check()
    meta = None if frame.meta is None else frame.meta.to_dict()
    return CheckedFrame(frame.name, frame.ref_id, meta, frame.converted)


def _is_untyped(meta: FrameMeta | None) -> bool:
    return meta is None or not (meta.type or any(meta.type_version) or meta.data_topic or meta.channel)


def _typed(meta: FrameMeta | None, kind: FrameType) -> FrameMeta:
    return replace(meta or FrameMeta(), type=kind, type_version=(0, 1))


def _of_columns(frame: Frame, checked: CheckedFrame, columns: list[Column]) -> Frame:
    fields = [
        Field(field.name, column, labels=field.labels, config=field.config, nullable=done.nullable)
        for field, done, column in zip(frame.fields, checked.fields, columns, strict=True)
    ]
    return Frame(frame.name, *fields, ref_id=frame.ref_id, meta=frame.meta)


def _shape(checked: CheckedFrame) -> _Shape | None:
    """Return the parts of a series; None if a field is anything else, or a time is null."""
    of: dict[FieldType, list[CheckedField]] = {}
    for field in checked.fields:
        of.setdefault(field.column.type, []).append(field)
    times, texts = of.pop(FieldType.TIME, []), of.pop(FieldType.STRING, [])
    flags = of.pop(FieldType.BOOL, [])
    if len(times) > 1 or any(time.nullable for time in times) or not all(kind.numeric for kind in of):
        return None
    return _Shape(times[0] if times else None, texts, flags, [one for found in of.values() for one in found])


def _is_nameable(checked: CheckedFrame) -> bool:
    """Return True if no field has labels and all names differ, so that texts can become labels."""
    names = {field.name for field in checked.fields}
    return len(names) == len(checked.fields) and not any(field.labels for field in checked.fields)


def _number_table(frame: Frame, checked: CheckedFrame, shape: _Shape) -> Frame:
    """Set the type of a table of several numbers, or of flags, whose rows differ by their texts."""
    if len(shape.numbers) > 1 and not shape.factors:
        labels = {tuple(sorted((field.labels or {}).items())) for field in shape.numbers}
        if len(checked) == 1 and len(labels) == len(shape.numbers):
            frame.meta = _typed(frame.meta, FrameType.NUMERIC_WIDE)
        return frame
    understood = len(shape.numbers) == 1 and not shape.flags
    if not shape.numbers or not shape.factors or understood or not _is_nameable(checked):
        return frame
    if len(_keys(shape.factors)) < len(checked):
        return frame
    typed = _of_columns(frame, checked, _columns_of_labels(checked))
    typed.meta = _typed(frame.meta, FrameType.NUMERIC_LONG)
    return typed


def _keys(factors: list[CheckedField], *more: list[Any]) -> set[tuple[Any, ...]]:
    """Return the key of each row; a null text and an empty text are the same label."""
    return set(zip(*more, *map(_labels, factors), strict=True))


def _labels(field: CheckedField) -> list[Any]:
    values = raw_list(field.column)
    return ["" if value is None else value for value in values] if field.nullable else values


def _columns_of_labels(checked: CheckedFrame) -> list[Column]:
    """Return the columns with flags as texts: Grafana makes labels only of texts."""
    return [_text_of_flags(field) for field in checked.fields]


def _text_of_flags(field: CheckedField) -> Column:
    if field.column.type is not FieldType.BOOL:
        return field.column
    values = [None if flag is None else label_text(flag) for flag in raw_list(field.column)]
    return column_of(values, FieldType.STRING)


def _long(frame: Frame, checked: CheckedFrame, shape: _Shape, *, may_sort: bool, for_alert: bool) -> Frame:
    """Set the type of rows of time, texts and numbers that are sorted and unique by time and texts."""
    assert shape.time is not None  # the caller has checked it
    if not (shape.numbers or shape.flags) or not _is_nameable(checked):
        return frame
    instants = raw_list(shape.time.column)
    if len(_keys(shape.factors, instants)) < len(instants):
        return frame  # two values of one series at one time are not a series for Grafana
    order = _order(instants, shape, may_sort=may_sort, for_alert=for_alert)
    if order is None:
        return frame
    columns = _columns_of_labels(checked) if shape.numbers else [field.column for field in checked.fields]
    typed = _of_columns(frame, checked, columns)
    typed.meta = _typed(frame.meta, FrameType.TIMESERIES_LONG)
    return typed if order == range(len(instants)) else _reordered(typed, order)


def _order(instants: list[int], shape: _Shape, *, may_sort: bool, for_alert: bool) -> Sequence[int] | None:
    """Return the rows sorted by time, or None if they must not be changed."""
    rows = range(len(instants))
    if all(map(le, instants, instants[1:])):
        return rows
    if all(map(ge, instants, instants[1:])):
        return rows[::-1]
    if for_alert or (may_sort and _each_ascending(instants, list(map(_labels, shape.factors)))):
        return sorted(rows, key=instants.__getitem__)
    return None


def _each_ascending(instants: list[int], texts: list[list[Any]]) -> bool:
    latest: dict[tuple[Any, ...], int] = {}
    for instant, *key in zip(instants, *texts, strict=True):
        series = tuple(key)
        if latest.get(series, instant) > instant:
            return False
        latest[series] = instant
    return True


def _is_newest_first(time: CheckedField) -> bool:
    first, last = first_and_last(time.column)
    return bool(first > last)


def _in_order(frame: Frame, time: CheckedField, for_alert: bool) -> Frame:
    """Return a wide series with its newest row last, which is what `last` in an alert rule takes."""
    if not for_alert and not _is_newest_first(time):
        return frame
    instants = raw_list(time.column)
    rows = range(len(instants))
    if all(map(ge, instants, instants[1:])):
        return _reordered(frame, rows[::-1])
    if not for_alert or all(map(le, instants, instants[1:])):
        return frame
    return _reordered(frame, sorted(rows, key=instants.__getitem__))


def _reordered(frame: Frame, order: Sequence[int]) -> Frame:
    fields = []
    for field in frame.fields:
        checked = field.check()
        values = raw_list(checked.column)
        made = field_of(checked, [values[row] for row in order])
        fields.append(
            Field(
                field.name,
                made.check().column,
                labels=field.labels,
                config=made.config,
                nullable=checked.nullable,
            )
        )
    return Frame(frame.name, *fields, ref_id=frame.ref_id, meta=frame.meta)
