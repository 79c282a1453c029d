"""Rules on plugin.json."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding
from plugin_cli.release.rules.shapes import PLUGIN_JSON, mismatches
from plugin_cli.system.parse import ParseError

_ID = re.compile(r"[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REQUIRED = ("type", "name", "id", "info", "dependencies")
_KINDS = ("app", "datasource", "panel")


def _finding(rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, "error", "plugin.json", message, remedy)


def check_metadata(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Keys that must be there, and the type of each value."""
    try:
        metadata = plugin.json("plugin.json")
    except KeyError:
        yield _finding("metadata", "is missing", "plugin-cli build")
        return
    except ParseError as error:
        yield _finding("metadata", f"cannot be read: {error}", "fix src/plugin.json and build again")
        return
    for key in _REQUIRED:
        if metadata.get(key) is None:
            yield _finding("metadata", f'"{key}" is missing', f'add "{key}" to src/plugin.json')
    for key in sorted(metadata.keys() - PLUGIN_JSON.keys()):
        yield Finding("metadata", "warning", "plugin.json", f'unknown key "{key}"', "remove it")
    for path, value, expected in mismatches(metadata, PLUGIN_JSON):
        yield _finding("metadata", f'"{path}" is {value!r:.80}', f"write {expected} in src/plugin.json")
    if metadata.get("type") not in (None, *_KINDS):
        found, allowed = metadata["type"], ", ".join(_KINDS)
        yield _finding("metadata", f'"type" is {found!r:.80}', f"use one of: {allowed}")


def check_ids(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Id, version, executable and Grafana's version."""
    metadata = plugin.metadata() or {}
    identity = metadata.get("id")
    if isinstance(identity, str):
        if not _ID.fullmatch(identity):
            yield _finding(
                "id", f'"id" is {identity!r:.80}', "use <org>-<name>-<type> in small letters and digits"
            )
        elif metadata.get("type") in _KINDS and not identity.endswith(f"-{metadata['type']}"):
            yield _finding(
                "id", f'"id" {identity!r:.80} does not end with the type', f"end it with -{metadata['type']}"
            )
    info = metadata.get("info")
    version = info.get("version") if isinstance(info, dict) else None
    if isinstance(version, str) and "%" not in version and not _VERSION.fullmatch(version):
        yield _finding(
            "version", f'"info.version" is {version!r:.80}', "use a version such as 1.2.3 in pyproject.toml"
        )
    dependencies = metadata.get("dependencies")
    if isinstance(dependencies, dict) and not dependencies.get("grafanaDependency"):
        yield _finding(
            "grafana-dependency", '"dependencies.grafanaDependency" is missing', 'write ">=11.6.0"'
        )
    yield from _check_backend(metadata)


def _check_backend(metadata: dict[str, Any]) -> Iterator[Finding]:
    backend, executable = metadata.get("backend"), metadata.get("executable")
    if backend and not executable:
        yield _finding(
            "executable", '"backend" is true without "executable"', 'add "executable": "gpx_<name>"'
        )
    if isinstance(executable, str) and posixpath.normpath(executable).startswith(".."):
        yield _finding("executable", f'"executable" {executable!r:.80} leaves the folder', 'use "gpx_<name>"')
    if executable and not backend:
        yield _finding("executable", '"executable" is set without "backend"', 'add "backend": true')
    if metadata.get("alerting") and not backend:
        yield _finding("alerting", '"alerting" needs a backend', 'add "backend": true or remove "alerting"')


def check_placeholders(plugin: BuiltPlugin) -> Iterator[Finding]:
    """What `build` fills in was filled in."""
    info = (plugin.metadata() or {}).get("info")
    if not isinstance(info, dict):
        return
    for key in ("version", "updated"):
        value = info.get(key)
        if value is None or "%" in str(value):
            yield _finding("placeholder", f'"info.{key}" is {value!r:.80}', "plugin-cli build fills it in")


def check_logos(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Pictures that plugin.json names are there."""
    info = (plugin.metadata() or {}).get("info")
    logos = info.get("logos") if isinstance(info, dict) else None
    if not isinstance(logos, dict) or not {"small", "large"} <= set(logos):
        yield _finding(
            "logos", '"info.logos" names no small and large logo', 'add "logos": {"small": …, "large": …}'
        )
        return
    shots = info.get("screenshots") if isinstance(info, dict) else None
    paths = [shot.get("path") for shot in shots if isinstance(shot, dict)] if isinstance(shots, list) else []
    for picture in (*logos.values(), *paths):
        if str(picture) not in plugin.entries:
            yield Finding(
                "logos",
                "error",
                str(picture),
                "plugin.json names it and it is missing",
                "put it into src/img/",
            )
