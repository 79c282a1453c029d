"""Puts the built preview page into a release's wheel; everyday wheels are made without its 3 MB."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PreviewHook(BuildHookInterface):
    """Asked for by WITH_PREVIEW=1, after scripts/preview."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the page, or refuse to make a release without it."""
        if os.environ.get("WITH_PREVIEW") != "1" or version != "standard":
            return
        page = Path(self.root) / "frontend" / "preview" / "dist"
        if not (page / "index.html").is_file():
            raise FileNotFoundError(f"{page} is not built; run scripts/preview")
        build_data["force_include"][str(page)] = "plugin_cli/_resources/preview"
