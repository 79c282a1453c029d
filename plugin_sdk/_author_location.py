"""Where in the author's own code an error comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Location:
    """A file of the author's and a line of it; None where even Python does not know the line."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return f"{Path(self.file).name if self.file else '?'}, line {self.line}"


def location_of(error: BaseException) -> Location | None:
    """Return where the author's code raised `error`, or called what raised it; None: nowhere in it."""
    import traceback

    if isinstance(error, SyntaxError):
        return Location(error.filename or "", error.lineno)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_authors(frame.filename)]
    return Location(frames[-1].filename, frames[-1].lineno) if frames else None


def _is_authors(filename: str) -> bool:
    parts = Path(filename).parts
    return (
        not filename.startswith("<")
        and "site-packages" not in parts
        and "plugin_sdk" not in parts
        and not any(part.startswith("python3") or part == "importlib" for part in parts)
    )
