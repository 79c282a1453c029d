"""Files that ship with the tool: in the wheel beside the code, in a checkout at its top."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(shipped: str, checkout: str) -> Path:
    inside = _PACKAGE / "_resources" / shipped
    return inside if inside.is_dir() else _PACKAGE.parent / checkout


def templates_dir() -> Path:
    """Return the folder of the copier template."""
    return _folder("templates", "templates")


def frontend_runtime_dir() -> Path:
    """Return the folder with the parts of the generated frontend."""
    return _folder("frontend_runtime", "frontend/runtime")


def launchers_dir() -> Path:
    """Return the folder of the static launchers and locators, one of each a Linux architecture."""
    return _PACKAGE / "build" / "portable" / "launcher"


def gate_source_dir() -> Path:
    """Return the folder of the gate's Go source."""
    return _folder("gate_source", "gate")


def preview_dir() -> Path:
    """Return the folder of the built preview page; it may not exist in a checkout."""
    return _folder("preview", "frontend/preview/dist")


def preview_source_dir() -> Path:
    """Return the folder that the preview page is built from."""
    return _folder("preview_source", "frontend/preview")
