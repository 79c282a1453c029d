"""What the figures were taken on."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("grpcio", "protobuf", "pydantic", "numpy", "pyarrow")
_GO_MOD = Path(__file__).parents[1] / "go-plugin" / "go.mod"
_GO = re.compile(r"^go (\S+)|(grafana-plugin-sdk-go) (v\S+)", re.MULTILINE)


def machine() -> str:
    """Return cores, system, interpreter and day in one line."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    )


def versions() -> str:
    """Return the versions of what is compared in one sentence."""
    ours = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    found = _GO.findall(_GO_MOD.read_text())
    go = ", ".join(f"Go {line}" if line else f"{name} {number}" for line, name, number in found)
    return f"Versions: {ours}; {go}."
