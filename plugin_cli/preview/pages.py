"""Which page the preview shows."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.resources import frontend_runtime_dir, preview_dir


def page_folders() -> list[Path]:
    """Return the folders of the rich page where it is built, else those of the plain one."""
    rich = preview_dir()
    if (rich / "index.html").is_file():
        return [rich]
    return [Path(__file__).parent / "page", frontend_runtime_dir()]
