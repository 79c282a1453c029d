"""The frames that the return value of a query handler stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from plugin_sdk.data._convert.source import is_series_of_times, library_of, read_all
from plugin_sdk.data._named_times import with_named_time
from plugin_sdk.data.errors import FrameError, shown
from plugin_sdk.data.frame import Frame
from plugin_sdk.data.meta import FrameMeta
from plugin_sdk.errors import DownstreamError, ErrorSource

_TABLE_CLASSES = frozenset({"DataFrame", "LazyFrame", "Table", "RecordBatch", "RecordBatchReader"})
_TABLE_PACKAGES = frozenset({"pandas", "polars", "pyarrow", "modin", "cudf"})


def frames_from_any(answer: Any, *, for_alert: bool = False, is_part: bool = False) -> list[Frame]:
    """Return the frames of what a query handler returned: one table, or several in any container.

    Args:
        answer: a Frame, anything tabular, or a list, tuple, set, dict or generator of these.
        for_alert: whether an alert rule or an expression sent the query; they take the last row as the
            newest.
        is_part: whether more of the result follows, so that a frame without rows does not mean "no data".

    Examples:
        >>> [frame.name for frame in frames_from_any({"a": Frame("", Field("v", [1])), "b": Frame("b")})]
        ['a']
    """
    if hasattr(answer, "__next__") and not (is_table(answer) or hasattr(answer, "__arrow_c_stream__")):
        answer = read_all(answer)
    several = _several(answer)
    if several is None:
        may_sort = not isinstance(answer, Frame)
        frames = _with_rows([_frame(answer, "")], for_alert)
        return [_with_contract(frame, may_sort=may_sort, for_alert=for_alert) for frame in frames]
    # Grafana reads the type of the first frame for all of them, so several frames get no types.
    frames = [_frame(one, name) for name, one in several]
    frames = frames if is_part else _with_rows(frames, for_alert)
    if len(frames) == 1:
        return [_with_contract(frames[0], may_sort=False, for_alert=for_alert)]
    return [_sorted(frame, for_alert=for_alert) for frame in frames]


def _several(answer: Any) -> list[tuple[str, Any]] | None:
    """Return the tables in a container with their names, or None if it is itself one table."""
    if isinstance(answer, Mapping):
        named = [(_name_of(key), one) for key, one in answer.items()]
        return named if _are_tables(list(answer.values())) else None
    if is_table(answer) or hasattr(answer, "dtype"):
        return None
    if library_of(answer) in ("pandas", "polars"):
        return None  # groups and windows can be iterated, but are no tables
    if isinstance(answer, list | tuple) and answer and all(map(is_series_of_times, answer)):
        return [("" if one.name is None else str(one.name), one) for one in answer]
    if isinstance(answer, str | bytes | bytearray | type) or not isinstance(answer, Iterable):
        return None
    if not isinstance(answer, list | tuple):  # a set, a deque, the values of a dict
        if not is_table(next(iter(answer), None)):
            return None
        answer = read_all(answer)
    if answer and (_holds_tables(answer[0]) or _holds_tables(answer[-1])):  # the pages of several requests
        answer = [one for part in answer for one in (part if isinstance(part, list | tuple) else [part])]
    return [("", one) for one in answer] if not answer or _are_tables(answer) else None


def _name_of(key: Any) -> str:
    """Return the key of a table as its name; those of groups are tuples."""
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _holds_tables(part: Any) -> bool:
    return isinstance(part, list | tuple) and bool(part) and is_table(part[0])


def _are_tables(members: Sequence[Any]) -> bool:
    """Return True if all items are tables. The ends are checked first, since most results are rows.

    Raises:
        FrameError: some items are tables and others are not.
    """
    if not members or not (is_table(members[0]) or is_table(members[-1])):
        return False
    for position, one in enumerate(members):
        if not is_table(one):
            raise FrameError(
                f"item {position} of the result is {shown(one)}; expected a frame like the others"
            )
    return True


def is_table(value: Any) -> bool:
    """Return True for a frame, a cursor, or a table of pandas, polars or Arrow."""
    if isinstance(value, Frame) or hasattr(value, "fetchall"):
        return True
    return any(
        base.__name__ in _TABLE_CLASSES and base.__module__.partition(".")[0] in _TABLE_PACKAGES
        for base in type(value).__mro__
    )


def _frame(table: Any, name: str) -> Frame:
    """Return a table as a frame that may be changed; the author's own frame is copied."""
    if not isinstance(table, Frame):
        frame = _of_cursor(table, name) if hasattr(table, "fetchall") else Frame.from_any(table, name=name)
        frame.fields = with_named_time(frame.fields)
        return frame
    return Frame(table.name or name, *table.fields, ref_id=table.ref_id, meta=table.meta)


class ResultError(FrameError, DownstreamError):
    """The rows of a query cannot be shown; the text is for the author of the query."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.status, self.source = 400, ErrorSource.DOWNSTREAM


def _of_cursor(cursor: Any, name: str) -> Frame:
    try:
        frame = Frame.from_any(cursor, name=name)
        frame.fields = [field.converted() for field in frame.fields]
    except FrameError as error:
        if error.field is None:
            raise ResultError(error.problem) from error
        problem = "holds values of several kinds, or that are no text, number or time, such as blobs"
        remedy = f"convert it in the query, for example CAST({error.field} AS CHAR)"
        raise ResultError(f'column "{error.field}" of the result {problem}; {remedy}') from error
    return frame


def _with_rows(frames: list[Frame], for_alert: bool) -> list[Frame]:
    """Return the frames with rows; if there are none, one frame without fields, with the `meta` of the first.

    Alerting reads a frame without fields as "no data", as Grafana's SQL data sources return it. An empty
    series would be NaN, for which no condition is true, and a frame without fields beside others is an error.
    """
    kept = [frame for frame in frames if not _is_empty(frame, for_alert)]
    if len(kept) == len(frames):
        return frames
    notices = [
        notice
        for frame in frames
        if _is_empty(frame, for_alert) and frame.meta is not None
        for notice in frame.meta.notices or []
    ]
    if not kept:
        first = next((frame for frame in frames if frame.meta is not None), frames[0])
        meta = first.meta if not notices else replace(first.meta or FrameMeta(), notices=notices)
        return [Frame(first.name, ref_id=first.ref_id, meta=meta)]
    if notices:
        meta = kept[0].meta or FrameMeta()
        kept[0].meta = replace(meta, notices=[*(meta.notices or []), *notices])
    return kept


def _is_empty(frame: Frame, for_alert: bool) -> bool:
    """Return True if the frame has no rows and does not start a stream, which needs its fields."""
    is_stream = frame.meta is not None and bool(frame.meta.channel) and bool(frame.fields)
    if is_stream and not for_alert:
        return False
    return not any(map(_has_length, frame.fields))


def _has_length(field: Any) -> bool:
    return not hasattr(field, "__len__") or len(field) > 0


def _with_contract(frame: Frame, *, may_sort: bool, for_alert: bool) -> Frame:
    from plugin_sdk.data._contract import with_contract

    try:
        return with_contract(frame, may_sort=may_sort, for_alert=for_alert)
    except FrameError as error:
        raise error.within(frame=frame.name or frame.ref_id) from error


def _sorted(frame: Frame, *, for_alert: bool) -> Frame:
    from plugin_sdk.data._contract import in_time_order

    try:
        return in_time_order(frame, for_alert=for_alert)
    except FrameError as error:
        raise error.within(frame=frame.name or frame.ref_id) from error
