"""The files that the preview gives to the browser: the plugin's and the page's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response

# Spelt out because the system's table differs from machine to machine (Windows: .js as text/plain).
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".svg": "image/svg+xml",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".txt": "text/plain",
}


class Files:
    """Folders laid over each other; the first that has a file gives it."""

    def __init__(self, folders: Sequence[Path], *, cache: str = "no-store") -> None:
        self._folders = tuple(folders)
        self._cache = cache

    def find(self, path: str) -> Path | None:
        """Return the file of this relative path; None where there is none or it lies outside."""
        parts = path.split("/")
        if (
            not path
            or "\\" in path
            or "\0" in path
            or any(part in {"", ".", ".."} or ":" in part for part in parts)
        ):
            return None
        return next((found for folder in self._folders if (found := _below(folder, parts))), None)

    def response(self, path: str) -> Response:
        """Return the file as an answer, read at once: a session replaces the editors while they are sent.

        Raises:
            HTTPException: 404, there is none.
        """
        found = self.find(path)
        try:
            content = found.read_bytes() if found is not None else None
        except OSError:
            content = None
        if found is None or content is None:
            raise HTTPException(404, f"no such file: {path}")
        media_type = _TYPES.get(found.suffix.lower(), "application/octet-stream")
        return Response(content, media_type=media_type, headers={"Cache-Control": self._cache})


def _below(folder: Path, parts: list[str]) -> Path | None:
    try:
        base = folder.resolve()
        found = base.joinpath(*parts).resolve()
        # resolve() follows links: one that leads out of the folder is not served.
        return found if found.is_relative_to(base) and found.is_file() else None
    except (OSError, ValueError):
        return None  # no file system takes such a name
