"""The promise about a frame's shape that alerting and expressions ask for.

A long table without it makes an alert rule fail ("input data must be a wide series but got type long"), and
with a wrong one Grafana would misread it. So it is given only to what is certainly a long series; wide
series, and tables of one number and texts, are understood without.
"""

from __future__ import annotations

from dataclasses import replace
from operator import le
from typing import Any

from plugin_sdk.data._convert.to_python import raw_list
from plugin_sdk.data.field import Field
from plugin_sdk.data.field_type import FieldType
from plugin_sdk.data.frame import Frame
from plugin_sdk.data.meta import FrameMeta, FrameType


def with_contract(frame: Frame, *, may_sort: bool) -> Frame:
    """The frame, typed as a long time series where it is sure to be one.

    Grafana wants the rows in order of time. A table sorted by series first (`ORDER BY station, time`) is put
    in that order if `may_sort`; the fields of an author's own frame are left as they are.
    """
    if not _is_untyped(frame.meta) or not _looks_long(frame):
        return frame
    checked = frame.check()
    time = next(field for field in checked.fields if field.column.type is FieldType.TIME)
    if time.nullable:
        return frame
    # The conversion is done: keep its result, so that writing the frame need not do it again.
    fields = [
        Field(field.name, done.column, labels=field.labels, config=field.config, nullable=done.nullable)
        for field, done in zip(frame.fields, checked.fields, strict=True)
    ]
    meta = replace(frame.meta or FrameMeta(), type=FrameType.TIMESERIES_LONG, type_version=(0, 1))
    same = Frame(frame.name, *fields, ref_id=frame.ref_id, meta=frame.meta)
    texts = [raw_list(field.column) for field in checked.fields if field.column.type is FieldType.STRING]
    instants = raw_list(time.column)
    if len(set(zip(instants, *texts, strict=True))) < len(instants):
        return same  # two values of one series at one time: no series for Grafana
    if all(map(le, instants, instants[1:])):
        return Frame(frame.name, *fields, ref_id=frame.ref_id, meta=meta)
    if may_sort and _each_ascending(instants, texts):
        from plugin_sdk.data.timeseries import sorted_by_time

        return Frame(frame.name, *sorted_by_time(same).fields, ref_id=frame.ref_id, meta=meta)
    return same


def _is_untyped(meta: FrameMeta | None) -> bool:
    return meta is None or not (meta.type or any(meta.type_version) or meta.data_topic or meta.channel)


def _looks_long(frame: Frame) -> bool:
    """One time, texts with names of their own, and numbers, without labels: nothing else."""
    if len(frame.fields) < 3 or any(field.labels for field in frame.fields) or not len(frame):
        return False
    types = [field.type for field in frame.fields]
    names = [field.name for field in frame.fields]
    others = [kind for kind in types if not (kind.numeric or kind in (FieldType.TIME, FieldType.STRING))]
    counts = [
        types.count(FieldType.TIME) == 1,
        FieldType.STRING in types,
        any(kind.numeric for kind in types),
    ]
    return all(counts) and not others and len(set(names)) == len(names)


def _each_ascending(instants: list[int], texts: list[list[Any]]) -> bool:
    latest: dict[tuple[Any, ...], int] = {}
    for instant, *key in zip(instants, *texts, strict=True):
        series = tuple(key)
        if latest.get(series, instant) > instant:
            return False
        latest[series] = instant
    return True
