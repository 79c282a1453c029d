"""The current position of a call: in its thread, in a thread that works for it, or in the event loop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, NamedTuple

from plugin_sdk._author_location import is_author_code
from plugin_sdk._serving import async_bridge
from plugin_sdk._serving.request_scope import ActiveCall
from plugin_sdk._serving.services import concurrency, iteration


class Position(NamedTuple):
    """A position in running code.

    Attributes:
        handler: the outermost function of the author's code, such as `Weather.query`, or empty.
        file: the file of the innermost line of the author's code, or of any code.
        line: that line.
        function: the function that contains it.
    """

    handler: str
    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, in {self.function}"


def position_of(thread: int | None) -> Position | None:
    """Return the position of a thread, or of what it waits for; None if it has ended."""
    frames = sys._current_frames()
    frame = frames.get(thread) if thread is not None else None
    return None if frame is None else _position(list(_followed(frame, frames)))


def position_of_call(call: ActiveCall) -> Position | None:
    """Return the position of a call: in its thread, or in the generator that needs none."""
    if call.generator is not None:
        return _position(list(_suspended(call.generator)))
    return position_of(call.thread)


def is_idle(thread: int | None) -> bool:
    """Return True if the thread of an event loop is idle."""
    frame = sys._current_frames().get(thread) if thread is not None else None
    return frame is None or frame.f_code.co_filename.endswith("selectors.py")


def _position(frames: list[FrameType]) -> Position | None:
    """Return the position of a stack of frames, the innermost last."""
    own = [frame for frame in frames if is_author_code(frame.f_code.co_filename)]
    if not frames:
        return None
    innermost = (own or frames)[-1]
    return Position(
        own[0].f_code.co_qualname if own else "",
        innermost.f_code.co_filename,
        innermost.f_lineno,
        innermost.f_code.co_qualname,
    )


def _followed(frame: FrameType, frames: dict[int, FrameType]) -> Iterator[FrameType]:
    """Yield the frames of a thread, then those of the coroutine or the other thread that it waits for."""
    stack = [frame]
    while stack[-1].f_back is not None:
        stack.append(stack[-1].f_back)
    yield from reversed(stack)
    for waiting in stack:
        code, names = waiting.f_code, waiting.f_locals
        if code is async_bridge.run.__code__:
            yield from _suspended(names.get("coroutine"))
        elif code is iteration._async_values.__code__:
            yield from _suspended(names.get("values"))
        elif code is concurrency._Batch.results.__code__:
            yield from _helper(names.get("self"), frames)


def _suspended(awaited: Any) -> Iterator[FrameType]:
    """Yield the frames of a suspended coroutine or async generator, the innermost last."""
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
        if frame is not None:
            yield frame
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)


def _helper(batch: Any, frames: dict[int, FrameType]) -> Iterator[FrameType]:
    """Yield the frames of a thread that serves one of the queries of a request."""
    for top in frames.values():
        frame: FrameType | None = top
        while frame is not None:
            if frame.f_code is concurrency._Batch.work_off.__code__ and frame.f_locals.get("self") is batch:
                yield from _followed(top, frames)
                return
            frame = frame.f_back
