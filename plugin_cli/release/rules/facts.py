"""Rules on what a built plugin says about itself: build info and bill of materials."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugin_cli.release.built_plugin import SYSTEMS, BuiltPlugin
from plugin_cli.release.finding import Finding, Severity
from plugin_cli.release.rules.shapes import BILL_OF_MATERIALS, BUILD_INFO, Shape, mismatches
from plugin_cli.system.parse import ParseError

_BUILD_AGAIN = "build again: plugin-cli build"


def build_info(plugin: BuiltPlugin, system: str) -> dict[str, Any]:
    """Return the build info of a system's bundle; empty where there is none, or none that can be read."""
    return _read(plugin, f"{system}/buildinfo.json", BUILD_INFO)


def bill_of_materials(plugin: BuiltPlugin, system: str) -> dict[str, Any]:
    """Return the bill of materials of a system's bundle; empty as `build_info`."""
    return _read(plugin, f"{system}/sbom.cdx.json", BILL_OF_MATERIALS)


def _read(plugin: BuiltPlugin, name: str, shape: Shape) -> dict[str, Any]:
    try:
        found = plugin.json(name)
    except (KeyError, ParseError):
        return {}
    return {} if any(mismatches(found, shape)) else found


def check_facts(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Build info and bills of materials can be read and are of this plugin."""
    for system in SYSTEMS:
        yield from _check_file(plugin, f"{system}/buildinfo.json", BUILD_INFO, "build-info", "error")
        yield from _check_file(plugin, f"{system}/sbom.cdx.json", BILL_OF_MATERIALS, "sbom", "warning")
        yield from _check_origin(plugin, system)


def _check_file(
    plugin: BuiltPlugin, name: str, shape: Shape, rule: str, severity: Severity
) -> Iterator[Finding]:
    if name not in plugin.entries:
        return
    try:
        found = plugin.json(name)
    except ParseError as error:
        yield Finding(rule, severity, name, f"cannot be read: {error}", _BUILD_AGAIN)
        return
    for path, value, expected in mismatches(found, shape):
        message = f'"{path}" is {value!r:.80} and not {expected}'
        yield Finding(rule, severity, name, message, _BUILD_AGAIN)


def _check_origin(plugin: BuiltPlugin, system: str) -> Iterator[Finding]:
    """What was built is this plugin, in this version, for the system that its folder names."""
    found, metadata = build_info(plugin, system), plugin.metadata() or {}
    info = metadata.get("info")
    expected = {
        "pluginID": metadata.get("id"),
        "version": info.get("version") if isinstance(info, dict) else None,
        "target": system.replace("_", "/"),
    }
    for key, value in expected.items():
        if found.get(key) is not None and value is not None and found[key] != value:
            message = f'"{key}" is {found[key]!r:.80} and not {value!r:.80}'
            yield Finding("build-info", "error", f"{system}/buildinfo.json", message, _BUILD_AGAIN)
