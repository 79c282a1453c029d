"""The generated frontend: the runtime's parts and the plugin's schema as one module.js, in pure Python."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from plugin_cli.build.schema.lint import check_schema
from plugin_cli.errors import PluginCliError
from plugin_cli.project import Project

# Grafana refuses a module.js that holds one of these bytes as an Angular plugin, and rewrites the
# last one when a plugin is served by a CDN, wherever in the text they stand.
_FORBIDDEN = (
    "PanelCtrl",
    "ConfigCtrl",
    "QueryCtrl",
    "app/plugins/sdk",
    "angular.isNumber(",
    "editor.html",
    "ctrl.annotation",
    "getLegacyAngularInjector",
    "public/plugins",
)
# Ends of line in JavaScript, though not in JSON.
_LINE_SEPARATORS = {"\u2028": "\\u2028", "\u2029": "\\u2029"}


def write_frontend(project: Project, schema: dict[str, Any], out: Path) -> None:
    """Write `module.js` and `module.js.map` into `out`, both or none.

    Args:
        project: the plugin.
        schema: what `python -m plugin_sdk.schema` printed.
        out: an existing folder.

    Raises:
        ProjectError: the editors cannot show a field of the models.
    """
    check_schema(schema)
    source = render_module(schema)
    files = {"module.js": source, "module.js.map": _identity_map(project.plugin_id, source)}
    made = [(out / f".{name}.new", out / name) for name in files]
    try:
        for (new, _), text in zip(made, files.values(), strict=True):
            new.write_text(text, encoding="utf-8", newline="\n")
        for new, final in made:
            new.replace(final)
    finally:
        for new, _ in made:
            new.unlink(missing_ok=True)


def render_module(schema: dict[str, Any]) -> str:
    """Return the text of module.js: the runtime's wrapper with the schema and the parts put in."""
    from plugin_cli.resources import frontend_runtime_dir
    from plugin_sdk import __version__

    folder = frontend_runtime_dir()
    wrapper = (folder / "module.js").read_text(encoding="utf-8")
    wrapper = put(wrapper, "/* @@PARTS@@ */", _indented(runtime_parts(folder)))
    wrapper = put(wrapper, "/* @@SCHEMA@@ */ null", schema_literal(schema))
    return put(wrapper, "@@VERSION@@", __version__)


def runtime_parts(folder: Path) -> str:
    """Return the runtime's parts, `10-schema.js` to `80-datasource.js`, as one text."""
    parts = sorted(folder.glob("[0-9][0-9]-*.js"))
    if not parts:
        raise PluginCliError(
            "the runtime of the generated editors is missing",
            why=f"no parts in {folder}",
            remedy="install grafana-plugin-cli again",
        )
    return "\n".join(part.read_text(encoding="utf-8").rstrip() for part in parts)


def schema_literal(schema: dict[str, Any]) -> str:
    """Return the schema as a JavaScript expression that no check of Grafana's stumbles over."""
    text = json.dumps(schema, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _LINE_SEPARATORS.items():
        text = text.replace(character, escape)
    # Such a word can only stand inside a string, where its first letter may be written by number.
    for word in _FORBIDDEN:
        text = text.replace(word, f"\\u{ord(word[0]):04x}{word[1:]}")
    return text


def put(text: str, mark: str, content: str) -> str:
    """Return `text` with `content` in the place of `mark`."""
    before, found, after = text.partition(mark)
    if not found:
        raise PluginCliError(f"the runtime of the generated editors has no place {mark}")
    return before + content + after


def _indented(text: str) -> str:
    return re.sub(r"^(?=.)", "  ", text, flags=re.MULTILINE).lstrip()


def _identity_map(plugin_id: str, source: str) -> str:
    """Return a source map in which each line stands for itself: module.js is its own source."""
    lines = source.count("\n") + 1
    return json.dumps(
        {
            "version": 3,
            "file": "module.js",
            "sources": [f"webpack://{plugin_id}/./module.js"],
            "sourcesContent": [source],
            "names": [],
            "mappings": ";".join(["AAAA", *["AACA"] * (lines - 1)]),
        }
    )
