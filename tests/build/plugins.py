"""A small built plugin that every rule is content with, to be broken by tests."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

METADATA: dict[str, Any] = {
    "type": "datasource",
    "name": "Weather",
    "id": "acme-weather-datasource",
    "backend": True,
    "alerting": True,
    "executable": "gpx_weather",
    "info": {
        "version": "1.2.3",
        "updated": "2026-11-22",
        "description": "Weather",
        "logos": {"small": "img/logo.svg", "large": "img/logo.svg"},
    },
    "dependencies": {"grafanaDependency": ">=11.6.0"},
}


def elf(machine: int) -> bytes:
    """Return the beginning of a program for Linux; 62 is amd64, 183 arm64."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, machine) + bytes(44)


def macho(machine: int) -> bytes:
    """Return the beginning of a program for macOS."""
    return struct.pack("<II", 0xFEEDFACF, machine) + bytes(24)


def pe(machine: int) -> bytes:
    """Return the beginning of a program for Windows."""
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(18)


def valid_dist(folder: Path) -> Path:
    texts = {
        "plugin.json": json.dumps(METADATA),
        "module.js": "define([], function () {});\n//# sourceMappingURL=module.js.map",
        "module.js.map": json.dumps({"version": 3, "sources": ["a.js"], "sourcesContent": ["x"]}),
        "README.md": "# Weather",
        "CHANGELOG.md": "# 1.2.3",
        "LICENSE": "Apache",
        "img/logo.svg": "<svg/>",
        "linux_amd64/buildinfo.json": json.dumps({"source": "abc"}),
        "linux_amd64/sbom.cdx.json": json.dumps({"bomFormat": "CycloneDX", "components": []}),
    }
    programs = {
        "gpx_weather_linux_amd64": elf(62) + b"PLUGIN_LAUNCHER=",
        "linux_amd64/app": elf(62),
        "linux_amd64/ld-linux-x86-64.so.2_linux_amd64": elf(62),
    }
    for name, data in ({name: text.encode() for name, text in texts.items()} | programs).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name.endswith("_linux_amd64") else 0o644)
    return folder


def change_metadata(folder: Path, **changes: Any) -> None:
    metadata = json.loads((folder / "plugin.json").read_text()) | changes
    kept = {key: value for key, value in metadata.items() if value is not None}
    (folder / "plugin.json").write_text(json.dumps(kept))
