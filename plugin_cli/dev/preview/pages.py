"""Which page the preview shows."""

from __future__ import annotations

from pathlib import Path

from plugin_cli.resources import frontend_runtime_dir


def page_folders(rich: Path | None) -> list[Path]:
    """Return the folders of the page: the rich one where there is one, else the plain."""
    if rich is not None:
        return [rich]
    # The plain page shares the rules of the generated editors with them.
    return [Path(__file__).parent / "page", frontend_runtime_dir()]
