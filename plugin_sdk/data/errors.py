"""The one error of this package."""

from __future__ import annotations

from typing import Self


class FrameError(ValueError):
    """A frame that Grafana could not read, or would read wrongly.

    `problem` says what was found and what was expected; `frame`, `field` and `row` say where. The code that
    finds a problem often knows only the row: whoever knows more adds it with `within`.
    """

    def __init__(
        self,
        problem: str,
        *,
        frame: str | None = None,
        field: str | None = None,
        row: int | None = None,
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.frame = frame
        self.field = field
        self.row = row

    def within(self, *, frame: str | None = None, field: str | None = None) -> Self:
        """Name the frame and the field, unless they are known already."""
        self.frame = frame if self.frame is None else self.frame
        self.field = field if self.field is None else self.field
        return self

    def __str__(self) -> str:
        place = [f'frame "{self.frame}"'] if self.frame else []
        place += [f'field "{self.field}"'] if self.field is not None else []
        place += [f"row {self.row}"] if self.row is not None else []
        return f"{', '.join(place)}: {self.problem}" if place else self.problem


def shown(value: object) -> str:
    """A value as an error names it: its type and at most 60 characters of it."""
    try:
        text = repr(value)
    except Exception:  # the author's own __repr__ may fail, and must not hide the problem being reported
        text = "(no repr)"
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
