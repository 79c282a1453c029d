"""Fields from anything tabular, and the frames that a query handler's answer stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugin_sdk.data._convert.columns import drained, package_of
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.field import Field
from plugin_sdk.data.frame import Frame

_EXPECTED = (
    "a Frame, a list of frames, a dict of columns, rows, a cursor, "
    "or a table of numpy, pandas, polars or Arrow"
)


def frames_from_any(answer: Any) -> list[Frame]:
    """The frames of what a query handler returned.

    >>> [frame.name for frame in frames_from_any([Frame("a"), Frame("b")])]
    ['a', 'b']
    """
    if isinstance(answer, Frame):
        answer = [answer]
    if isinstance(answer, list | tuple) and all(isinstance(one, Frame) for one in answer):
        # Grafana goes by the first frame for all of them, so one of several gets no promise of its own.
        own = [Frame(one.name, *one.fields, ref_id=one.ref_id, meta=one.meta) for one in answer]
        return [_with_contract(one, may_sort=False) for one in own] if len(own) == 1 else own
    frame = Frame.from_any(answer)
    # A table without rows has no types to go by, and alerting takes a frame without fields for "no data".
    return [_with_contract(frame, may_sort=True)] if len(frame) else [Frame()]


def _with_contract(frame: Frame, *, may_sort: bool) -> Frame:
    from plugin_sdk.data._convert.contract import with_contract

    try:
        return with_contract(frame, may_sort=may_sort)
    except FrameError as error:
        raise error.within(frame=frame.name or frame.ref_id) from error


def fields_of(table: Any) -> list[Field]:
    """The fields of one table."""
    package = package_of(table)
    if isinstance(table, Frame):
        return list(table.fields)
    if package == "pandas":
        from plugin_sdk.data._convert import pandas as _from_pandas

        return _from_pandas.fields_of(table)
    if package == "numpy":
        from plugin_sdk.data._convert import numpy as _from_numpy

        return _from_numpy.fields_of(table)
    if package == "polars" and hasattr(table, "collect"):
        table = table.collect()
    if hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__"):
        from plugin_sdk.data._convert import arrow

        return arrow.fields_of(table)
    return _fields_of_python(table)


def _fields_of_python(table: Any) -> list[Field]:
    from plugin_sdk.data._convert.rows import fields_of_cursor, fields_of_rows

    if isinstance(table, Mapping):
        return [_field(name, values) for name, values in table.items()]
    if hasattr(table, "fetchall") and hasattr(table, "description"):
        return fields_of_cursor(table)
    if hasattr(table, "fetchall") and hasattr(table, "keys"):  # SQLAlchemy's result
        return fields_of_rows([tuple(row) for row in table.fetchall()], list(table.keys()))
    if isinstance(table, str | bytes | bytearray | type) or not isinstance(table, Iterable):
        raise FrameError(f"{shown(table)} is no table; expected {_EXPECTED}")
    return fields_of_rows(drained(table))


def _field(name: Any, values: Any) -> Field:
    """One column of a dict, which may be a field already."""
    if isinstance(values, Field):
        return values
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        problem = f"is {shown(values)}; expected a list of values (for one row: a list of one dict)"
        raise FrameError(problem, field=str(name))
    return Field(str(name), values)
