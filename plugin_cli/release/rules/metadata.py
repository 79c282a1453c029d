"""Rules on plugin.json."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.rules.finding import Finding

_ID = re.compile(r"[0-9a-z]+-([0-9a-z]+-)?(app|panel|datasource)")
_VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REQUIRED = ("type", "name", "id", "info", "dependencies")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "$schema": str,
    "aliasIDs": list,
    "alerting": bool,
    "annotations": bool,
    "autoEnabled": bool,
    "backend": bool,
    "buildMode": str,
    "builtIn": bool,
    "category": str,
    "dependencies": dict,
    "enterpriseFeatures": dict,
    "executable": str,
    "extensions": dict,
    "generated": dict,
    "hideFromList": bool,
    "iam": dict,
    "id": str,
    "includes": list,
    "info": dict,
    "languages": list,
    "logs": bool,
    "metrics": bool,
    "multiValueFilterOperators": bool,
    "name": str,
    "pascalName": str,
    "preload": bool,
    "queryOptions": dict,
    "roles": list,
    "routes": list,
    "skipDataQuery": bool,
    "state": str,
    "streaming": bool,
    "suggestions": bool,
    "tables": bool,
    "tracing": bool,
    "type": str,
}
_KINDS = ("app", "datasource", "panel")


def _finding(rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, "error", "plugin.json", message, remedy)


def check_metadata(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Keys that must be there, and the type of each."""
    if "plugin.json" not in plugin.entries:
        yield _finding("metadata", "is missing", "plugin-cli build")
        return
    metadata = plugin.metadata()
    if metadata is None:
        yield _finding("metadata", "is no JSON object", "mend src/plugin.json and build again")
        return
    for key in _REQUIRED:
        if key not in metadata:
            yield _finding("metadata", f'"{key}" is missing', f'add "{key}" to src/plugin.json')
    for key, value in metadata.items():
        yield from _check_type(key, value)
    if metadata.get("type") not in (None, *_KINDS):
        found, allowed = metadata["type"], ", ".join(_KINDS)
        yield _finding("metadata", f'"type" is {found!r}', f"use one of: {allowed}")


def _check_type(key: str, value: Any) -> Iterator[Finding]:
    expected = _TYPES.get(key)
    if expected is None:
        yield Finding(
            "metadata", "warning", "plugin.json", f'"{key}" is no key that Grafana knows', "remove it"
        )
    elif not isinstance(value, expected):
        name = getattr(expected, "__name__", "value")
        word = {"str": "a text", "bool": "true or false", "list": "a list", "dict": "an object"}[name]
        yield _finding("metadata", f'"{key}" is {value!r}', f"write {word} in src/plugin.json")


def check_ids(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Id, version, executable and Grafana's version."""
    metadata = plugin.metadata() or {}
    identity = metadata.get("id")
    if isinstance(identity, str):
        if not _ID.fullmatch(identity):
            yield _finding(
                "id", f'"id" is {identity!r}', "use <org>-<name>-<type> in small letters and digits"
            )
        elif metadata.get("type") in _KINDS and not identity.endswith(f"-{metadata['type']}"):
            yield _finding(
                "id", f'"id" {identity!r} does not end with the type', f"end it with -{metadata['type']}"
            )
    info = metadata.get("info")
    version = info.get("version") if isinstance(info, dict) else None
    if isinstance(version, str) and "%" not in version and not _VERSION.fullmatch(version):
        yield _finding(
            "version", f'"info.version" is {version!r}', "use a version such as 1.2.3 in pyproject.toml"
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
    if executable and not backend:
        yield _finding("executable", '"executable" is set without "backend"', 'add "backend": true')
    if metadata.get("alerting") and not backend:
        yield _finding("alerting", '"alerting" needs a backend', 'add "backend": true or remove "alerting"')


def check_placeholders(plugin: BuiltPlugin) -> Iterable[Finding]:
    """What `build` fills in was filled in."""
    info = (plugin.metadata() or {}).get("info")
    if not isinstance(info, dict):
        return []
    expected = {"version": _VERSION, "updated": _DATE}
    wrong = (key for key, form in expected.items() if not form.fullmatch(str(info.get(key, ""))))
    return [
        _finding("placeholder", f'"info.{key}" is {info.get(key)!r}', "plugin-cli build fills it in")
        for key in wrong
        if "%" in str(info.get(key, "%"))
    ]


def check_logos(plugin: BuiltPlugin) -> Iterator[Finding]:
    """Pictures that plugin.json names are there."""
    info = (plugin.metadata() or {}).get("info")
    logos = info.get("logos") if isinstance(info, dict) else None
    if not isinstance(logos, dict) or not {"small", "large"} <= set(logos):
        yield _finding(
            "logos", '"info.logos" names no small and large logo', 'add "logos": {"small": …, "large": …}'
        )
        return
    shots = info.get("screenshots", []) if isinstance(info, dict) else []
    pictures = [*logos.values(), *(shot.get("path") for shot in shots if isinstance(shot, dict))]
    for picture in pictures:
        if str(picture) not in plugin.entries:
            yield Finding(
                "logos",
                "error",
                str(picture),
                "plugin.json names it and it is missing",
                "put it into src/img/",
            )
