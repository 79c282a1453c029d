"""Where in the author's code an error was raised."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Location:
    """A file of the author's code and a line in it, which is None if Python does not know it."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return f"{Path(self.file).name if self.file else '?'}, line {self.line}"


def location_of(error: BaseException) -> Location | None:
    """Return where the author's code raised `error` or called what did; None if it was not involved."""
    import traceback

    if isinstance(error, SyntaxError):
        return Location(error.filename or "", error.lineno)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if is_author_code(frame.filename)]
    return Location(frames[-1].filename, frames[-1].lineno) if frames else None


def is_author_code(filename: str) -> bool:
    """Return True if a file of this name is the author's: not Python's, a library's, or the runtime's."""
    parts = Path(filename).parts
    return (
        not filename.startswith("<")
        and "site-packages" not in parts
        and "plugin_sdk" not in parts
        and not any(part.startswith("python3") or part == "importlib" for part in parts)
    )
