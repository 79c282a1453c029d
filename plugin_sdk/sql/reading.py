"""A frame of a result that comes in parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from plugin_sdk.data import Frame, Notice
from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.frame import more_rows_notice
from plugin_sdk.data.meta import NoticeSeverity
from plugin_sdk.sql.columns import Columns


def read_frame(
    names: Sequence[str],
    parts: Iterator[Any],
    *,
    limit: int,
    most_bytes: int = 0,
    times_in_texts: bool = False,
) -> Frame:
    """Return the first `limit` rows, with a notice if there are more.

    Args:
        names: of the columns.
        parts: lists of rows.
        limit: how many rows are read at most.
        most_bytes: how large the result may become; 0 is no limit.
        times_in_texts: whether texts that look like times are times.
    """
    columns = Columns(names, times_in_texts=times_in_texts)
    notice = None
    for rows in parts:
        room = limit - columns.length
        columns.add(rows[:room])
        if len(rows) > room:
            notice = more_rows_notice(limit)
            break
        if 0 < most_bytes < columns.size:
            notice = _too_large(columns.length, most_bytes)
            break
    frame = Frame("", *columns.fields())
    return frame.append_notices(notice) if notice else frame


def _too_large(rows: int, limit: int) -> Notice:
    text = f"only the first {rows} rows are shown, which reach Grafana's response limit of {limit} bytes"
    return Notice(text, severity=NoticeSeverity.WARNING)


def series_of(frame: Frame) -> Frame:
    """Return a frame of rows with a time and texts as one field for each series, if it has that shape."""
    from plugin_sdk.data.timeseries import long_to_wide, time_series_type

    try:
        if len(frame) and time_series_type(frame) == "long":
            return long_to_wide(frame, sort=True)
    except FrameError as error:
        frame.append_notices(
            Notice(f"shown as a table, since it is no time series: {error}", severity=NoticeSeverity.WARNING)
        )
    return frame
