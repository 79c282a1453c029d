"""The frames that the return value of a query handler stands for."""

from __future__ import annotations

from typing import Any

from plugin_sdk.data.errors import FrameError
from plugin_sdk.data.frame import Frame


def frames_from_any(result: Any) -> list[Frame]:
    """Return the frames of what a query handler returned.

    >>> [frame.name for frame in frames_from_any([Frame("a"), Frame("b")])]
    ['a', 'b']
    """
    if isinstance(result, Frame):
        result = [result]
    if isinstance(result, list | tuple) and all(isinstance(one, Frame) for one in result):
        # Grafana goes by the first frame for all of them, so one of several gets no promise of its own.
        own = [Frame(one.name, *one.fields, ref_id=one.ref_id, meta=one.meta) for one in result]
        return [_with_contract(one, may_sort=False) for one in own] if len(own) == 1 else own
    frame = Frame.from_any(result)
    # A table without rows has no types to go by, and alerting takes a frame without fields for "no data".
    return [_with_contract(frame, may_sort=True)] if len(frame) else [Frame()]


def _with_contract(frame: Frame, *, may_sort: bool) -> Frame:
    from plugin_sdk.data._contract import with_contract

    try:
        return with_contract(frame, may_sort=may_sort)
    except FrameError as error:
        raise error.within(frame=frame.name or frame.ref_id) from error
