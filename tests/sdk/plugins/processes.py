"""Starts the plugins of this directory as separate processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from plugin_sdk.testing import PluginProcess

ROOT = Path(__file__).parents[3]
WEATHER = "tests.sdk.plugins.weather:Weather"


def command(target: str = WEATHER) -> list[str]:
    return [sys.executable, "-m", "plugin_sdk", target]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child process, in which coverage is measured too."""
    measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | measured | more


def process(target: str = WEATHER, *, env: dict[str, str] | None = None, **options: Any) -> PluginProcess:
    return PluginProcess(command(target), env=environment(**env or {}), cwd=ROOT, **options)
