"""Puts the built preview page into a release's sdist and wheel; everyday wheels are made without its 3 MB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "frontend/preview/dist"
PLACES = {"sdist": PAGE, "wheel": "plugin_cli/_resources/preview"}


class PreviewHook(BuildHookInterface):
    """Asked for by WITH_PREVIEW=1, after scripts/preview; a wheel from such an sdist has it too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the page, or refuse to make a release without it."""
        root = Path(self.root)
        released = (root / "PKG-INFO").is_file() and (root / PAGE / "index.html").is_file()
        if version != "standard" or not (released or os.environ.get("WITH_PREVIEW") == "1"):
            return
        if not (root / PAGE / "index.html").is_file():
            raise FileNotFoundError(f"{root / PAGE} is not built; run scripts/preview")
        build_data["force_include"][str(root / PAGE)] = PLACES[self.target_name]
