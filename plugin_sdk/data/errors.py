"""The error of this package."""

from __future__ import annotations

from typing import Self


class FrameError(ValueError):
    """A frame that Grafana could not read, or would misread.

    `problem` says what was found and what was expected; `frame`, `field` and `row` say where. The code that
    finds a problem may know only the row; its callers add the rest with `within`.
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
        """Set the frame and the field, unless they are already set, and return the error."""
        self.frame = frame if self.frame is None else self.frame
        self.field = field if self.field is None else self.field
        return self

    def __str__(self) -> str:
        where = [f'frame "{self.frame}"'] if self.frame else []
        where += [f'field "{self.field}"'] if self.field is not None else []
        where += [f"row {self.row}"] if self.row is not None else []
        return f"{', '.join(where)}: {self.problem}" if where else self.problem


def shown(value: object) -> str:
    """Return a value for an error text: its type and at most 60 characters of its repr."""
    try:
        text = repr(value)
    except Exception:  # the author's __repr__ may fail, which must not hide the problem being reported
        text = "(no repr)"
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
