"""The type of each value in the JSON files of a built plugin: with another Grafana loads no plugin.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Shape = type | dict[str, Any] | list[Any] | tuple[Any, ...]
"""A type; `{key: shape}` with `*` for all other keys; `[shape]` for a list; `(shape, shape)` for either."""

_LINK = {"name": str, "url": str}
_TITLED = {"title": str, "description": str}
_TARGETED = [{"targets": [str], **_TITLED}]
_IDENTIFIED = [{"id": str, **_TITLED}]
_PERMISSIONS = [{"action": str, "scope": str}]
_TOKEN = {"url": str, "scopes": [str], "params": {"*": str}}
_CONTENTS = [{"name": str, "content": str}]
_EXTENSIONS = {
    "addedLinks": _TARGETED,
    "addedComponents": _TARGETED,
    "addedFunctions": _TARGETED,
    "exposedComponents": _IDENTIFIED,
    "extensionPoints": _IDENTIFIED,
}
_OLD_EXTENSIONS = [{"extensionPointId": str, "type": str, **_TITLED}]
PLUGIN_JSON: dict[str, Shape] = {
    "$schema": str,
    "actionSets": [{"action": str, "actions": [str]}],
    "aliasIDs": [str],
    "alerting": bool,
    "annotations": bool,
    "autoEnabled": bool,
    "backend": bool,
    "buildMode": str,
    "builtIn": bool,
    "category": str,
    "dependencies": {
        "grafanaDependency": str,
        "grafanaVersion": str,
        "plugins": [{"id": str, "type": str, "name": str}],
        "extensions": {"exposedComponents": [str]},
    },
    "enterpriseFeatures": dict,
    "executable": str,
    "explore": bool,
    "extensions": (_EXTENSIONS, _OLD_EXTENSIONS),
    "generated": dict,
    "hideFromList": bool,
    "iam": {"permissions": _PERMISSIONS},
    "id": str,
    "includes": [
        {
            "name": str,
            "path": str,
            "type": str,
            "component": str,
            "role": str,
            "action": str,
            "addToNav": bool,
            "defaultNav": bool,
            "slug": str,
            "icon": str,
            "uid": str,
        }
    ],
    "info": {
        "author": _LINK,
        "description": str,
        "links": [_LINK],
        "logos": {"small": str, "large": str},
        "build": {"time": int},
        "screenshots": [{"name": str, "path": str}],
        "version": str,
        "updated": str,
        "keywords": [str],
    },
    "languages": [str],
    "logs": bool,
    "metrics": bool,
    "mixed": bool,
    "multiValueFilterOperators": bool,
    "name": str,
    "pascalName": str,
    "preload": bool,
    "queryOptions": {"*": bool},
    "roles": [{"role": {"name": str, "description": str, "permissions": _PERMISSIONS}, "grants": [str]}],
    "routes": [
        {
            "path": str,
            "method": str,
            "reqRole": str,
            "reqAction": str,
            "url": str,
            "urlParams": _CONTENTS,
            "headers": _CONTENTS,
            "authType": str,
            "tokenAuth": _TOKEN,
            "jwtTokenAuth": _TOKEN,
        }
    ],
    "sdk": bool,
    "skipDataQuery": bool,
    "state": str,
    "streaming": bool,
    "suggestions": bool,
    "tables": bool,
    "tracing": bool,
    "type": str,
}
BUILD_INFO: dict[str, Shape] = {
    "time": int,
    "pluginID": str,
    "version": str,
    "target": str,
    "source": str,
    "python": str,
    "sdk": str,
}
BILL_OF_MATERIALS: dict[str, Shape] = {
    "bomFormat": str,
    "specVersion": str,
    "components": [{"type": str, "name": str, "version": str, "purl": str, "licenses": [dict]}],
}
MANIFEST: dict[str, Shape] = {"plugin": str, "version": str, "files": {"*": str}, "rootUrls": [str]}
_WORDS = {str: "a string", bool: "true or false", int: "a whole number", dict: "an object", list: "a list"}


def mismatches(value: Any, shape: Shape, path: str = "") -> Iterator[tuple[str, Any, str]]:
    """Yield path, value and expected type of each value of another type; null is none, as in Go."""
    if value is None:
        return
    if isinstance(shape, tuple):
        found = [list(mismatches(value, one, path)) for one in shape]
        yield from min(found, key=len)
    elif isinstance(shape, type):
        if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
            yield path, value, _WORDS[shape]
    elif not isinstance(value, type(shape)):
        yield path, value, _WORDS[type(shape)]
    elif isinstance(value, dict) and isinstance(shape, dict):
        for key, item in value.items():
            if expected := shape.get(key, shape.get("*")):
                yield from mismatches(item, expected, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and isinstance(shape, list):
        for index, item in enumerate(value):
            yield from mismatches(item, shape[0], f"{path}[{index}]")
