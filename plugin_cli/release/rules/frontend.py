"""Rules on module.js and its source map."""

from __future__ import annotations

from collections.abc import Iterator

from plugin_cli.release.built_plugin import BuiltPlugin
from plugin_cli.release.finding import Finding
from plugin_cli.system.parse import ParseError

# Grafana takes a module with one of these for an Angular plugin, which it no longer loads.
_ANGULAR = ("PanelCtrl", "ConfigCtrl", "QueryCtrl", "app/plugins/sdk", "angular.isNumber(", "ctrl.annotation")
_WRAPPERS = ("define(", "System.register(")


def check_module(plugin: BuiltPlugin) -> Iterator[Finding]:
    """module.js is there, in a form that Grafana's loader takes."""
    if "module.js" not in plugin.entries:
        yield Finding(
            "module",
            "error",
            "module.js",
            "is missing: the plugin could not be configured",
            "plugin-cli build",
        )
        return
    try:
        text = plugin.text("module.js")
    except ParseError as error:
        yield Finding("module", "error", "module.js", f"cannot be read: {error}", "plugin-cli build")
        return
    if not any(wrapper in text for wrapper in _WRAPPERS):
        yield Finding(
            "module", "error", "module.js", "is not an AMD or SystemJS module", "build it with AMD output"
        )
    for word in _ANGULAR:
        if word in text:
            yield Finding("module", "error", "module.js", f"holds {word!r}, the mark of Angular", "remove it")


def check_source_map(plugin: BuiltPlugin) -> Iterator[Finding]:
    """The source map belongs to module.js and holds its sources."""
    if "module.js" not in plugin.entries:
        return
    if "module.js.map" not in plugin.entries:
        yield Finding(
            "source-map", "warning", "module.js.map", "is missing", "build the frontend with source maps"
        )
        return
    try:
        found = plugin.json("module.js.map")
        sources, contents = found.get("sources"), found.get("sourcesContent")
        complete = found.get("version") == 3 and _are_texts(sources) and _are_texts(contents)
    except ParseError:
        complete = False
    if not complete:
        yield Finding("source-map", "error", "module.js.map", "holds no sources", "build the frontend again")


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)
