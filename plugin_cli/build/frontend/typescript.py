"""What a TypeScript frontend takes from the models: types, schema, generated editors as components."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugin_cli.build.frontend.generated import put, runtime_parts
from plugin_cli.build.schema.lint import check_schema
from plugin_sdk import json_schema as js

_HEADER = "/* Made from the models by `plugin-cli types`: do not edit. */\n"
_SCALARS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_NAME = re.compile(r"^[A-Za-z_$][\w$]*$")


def generated_files(schema: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of `src/generated/` by name.

    Raises:
        ProjectError: the editors cannot show a field of the models.
    """
    check_schema(schema)
    return {
        **editor_files(),
        "schema.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n",
        "types.ts": types_of(schema),
    }


def editor_files() -> dict[str, str]:
    """Return those of the files that are the same for every model: the editors as an ES module."""
    from plugin_cli.resources import frontend_runtime_dir

    folder = frontend_runtime_dir()
    editors = (folder / "esm.js").read_text(encoding="utf-8")
    return {
        "editors.js": put(editors, "/* @@PARTS@@ */", runtime_parts(folder)),
        "editors.d.ts": (folder / "esm.d.ts").read_text(encoding="utf-8"),
    }


def write_generated(schema: Mapping[str, Any], folder: Path) -> list[str]:
    """Write the files of `src/generated/` that differ and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in generated_files(schema).items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return changed


def types_of(schema: Mapping[str, Any]) -> str:
    """Return the interfaces `Settings`, `Secrets` and `Query` and those of the models in them."""
    settings, query = _Writer(schema["settings"]), _Writer(schema["query"])
    parts = [
        _HEADER + "import type { DataQuery, DataSourceJsonData } from '@grafana/data';\n",
        settings.interface("Settings", "DataSourceJsonData"),
        _secrets(schema["settings"]),
        query.interface("Query", "DataQuery"),
    ]
    inner = settings.models | query.models
    return "\n".join([*parts, *(inner[name] for name in sorted(inner))])


class _Writer:
    """Interfaces of one model and of the models in it."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.models: dict[str, str] = {}

    def interface(self, name: str, base: str) -> str:
        """Return the interface of the whole model."""
        return self._declare(name, js.resolve(self.root, self.root), f" extends {base}")

    def _declare(self, name: str, node: js.Node, base: str = "") -> str:
        lines = list(self._members(node, whole=bool(base)))
        return f"export interface {name}{base} {{\n" + "".join(lines) + "}\n"

    def _members(self, node: js.Node, *, whole: bool) -> Iterator[str]:
        required = set(node.get("required") or ())
        for name, raw in (node.get("properties") or {}).items():
            field = js.resolve(self.root, raw)
            if js.is_secret(field) or (whole and name in js.RESERVED):
                continue
            if field.get("description"):
                text = str(field["description"]).replace("*/", "* /")
                yield f"  /** {text} */\n"
            # Grafana stores what was chosen: a field with a default may be absent. A tag never is.
            optional = "" if name in required or "const" in field else "?"
            yield f"  {_key(name)}{optional}: {self._type(raw)};\n"

    def _type(self, node: js.Node) -> str:
        if "$ref" in node:
            return self._reference(str(node["$ref"]))
        for key in ("allOf", "anyOf", "oneOf"):
            if key in node:
                parts = dict.fromkeys(self._type(option) for option in node[key])
                return (" & " if key == "allOf" else " | ").join(parts)
        if "const" in node or "enum" in node:
            values = node["enum"] if "enum" in node else [node["const"]]
            return " | ".join(json.dumps(value) for value in values)
        if node.get("type") == "array":
            inner = self._type(node.get("items") or {})
            return f"Array<{inner}>"
        if node.get("type") == "object":
            extra = node.get("additionalProperties")
            return f"Record<string, {self._type(extra) if isinstance(extra, Mapping) else 'unknown'}>"
        return _SCALARS.get(str(node.get("type")), "unknown")

    def _reference(self, reference: str) -> str:
        node = js.resolve(self.root, {"$ref": reference})
        if "properties" not in node:
            return self._type(node)
        name = re.sub(r"\W", "", reference.rpartition("/")[2])
        if name in ("Settings", "Secrets", "Query"):
            name += "Model"
        if name not in self.models:
            self.models[name] = ""  # before its members: a model may hold itself
            self.models[name] = self._declare(name, node)
        return name


def _secrets(root: Mapping[str, Any]) -> str:
    members = "".join(
        f"  {_key(path)}?: string;\n" for path in _secret_paths(root, js.resolve(root, root), "")
    )
    return "/** Stored encrypted under these names; never sent back to the browser. */\n" + (
        f"export interface Secrets {{\n{members}}}\n"
        if members
        else "export type Secrets = Record<string, never>;\n"
    )


def _secret_paths(root: js.Node, node: js.Node, prefix: str) -> Iterator[str]:
    variants = [js.resolve(root, option) for option in node.get("oneOf") or ()]
    for variant in variants or [dict(node)]:
        for name, raw in (variant.get("properties") or {}).items():
            field = js.resolve(root, raw)
            if js.is_secret(field):
                yield prefix + name
            elif "properties" in field or "discriminator" in field:
                yield from _secret_paths(root, field, f"{prefix}{name}.")


def _key(name: str) -> str:
    return name if _NAME.match(name) else json.dumps(name)
