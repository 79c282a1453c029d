"""Settings and query in the form that Grafana's server reads: `schema/v0alpha1.json` of a plugin.

That form is OpenAPI's dialect of JSON Schema draft 4: no references here, no `const`, bounds that
exclude as flags, `nullable` instead of a choice with null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from plugin_sdk import json_schema as js

API_VERSION = "v0alpha1"
_DRAFT = "https://json-schema.org/draft-04/schema"
_KEPT = (
    "type", "title", "description", "default", "enum", "format", "pattern", "minimum", "maximum",
    "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", js.HINTS,
)  # fmt: skip


def write_grafana_schema(schema: Mapping[str, Any], out: Path) -> None:
    """Write `schema/v0alpha1.json` below `out`."""
    folder = out / "schema"
    folder.mkdir(exist_ok=True)
    text = json.dumps(grafana_schema(schema), indent=1, ensure_ascii=False) + "\n"
    (folder / f"{API_VERSION}.json").write_text(text, encoding="utf-8", newline="\n")


def grafana_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document of both models."""
    settings, query = schema["settings"], schema["query"]
    secrets = list(_secrets(settings, js.resolve(settings, settings), "", required=True))
    return {
        "targetApiVersion": API_VERSION,
        "settings": {
            "spec": {"type": "object", "properties": {"jsonData": _convert(settings, settings, ())}},
            **({"secureValues": secrets} if secrets else {}),
        },
        "queryTypes": {
            "kind": "QueryTypeDefinitionList",
            "apiVersion": f"datasource.grafana.app/{API_VERSION}",
            "metadata": {},
            "items": [
                {
                    "metadata": {"name": "default"},
                    "spec": {"schema": {"$schema": _DRAFT, **_convert(query, query, ())}},
                }
            ],
        },
    }


def _convert(root: js.Node, node: js.Node, above: tuple[str, ...]) -> dict[str, Any]:
    reference = str(node.get("$ref", ""))
    if reference and reference in above:
        return {"type": "object"}  # a model that holds itself has no end without references
    inside = (*above, reference) if reference else above
    field = js.resolve(root, node)
    found = {key: field[key] for key in _KEPT if key in field and field[key] is not None}
    if "const" in field:
        found["enum"] = [field["const"]]
    if field.get("nullable"):
        found["nullable"] = True
    for key, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if key in field:
            found |= {limit: field[key], key: True}
    for key in ("anyOf", "oneOf", "allOf"):
        options = [option for option in field.get(key) or () if option.get("type") != "null"]
        if options:
            found[key] = [_convert(root, option, inside) for option in options]
            found |= {"nullable": True} if len(options) < len(field[key]) else {}
    return found | _members(root, field, inside)


def _members(root: js.Node, field: js.Node, inside: tuple[str, ...]) -> dict[str, Any]:
    """Return the items of a list or the members of an object; secrets separate from the rest."""
    found: dict[str, Any] = {}
    if "items" in field:
        found["items"] = _convert(root, field["items"], inside)
    if isinstance(field.get("additionalProperties"), Mapping):
        found["additionalProperties"] = _convert(root, field["additionalProperties"], inside)
    if "properties" in field:
        open_ = {
            name: raw for name, raw in field["properties"].items() if not js.is_secret(js.resolve(root, raw))
        }
        found["properties"] = {name: _convert(root, raw, inside) for name, raw in open_.items()}
        if needed := [name for name in field.get("required") or () if name in open_]:
            found["required"] = needed
    return found


def _secrets(root: js.Node, node: js.Node, prefix: str, *, required: bool) -> Iterator[dict[str, Any]]:
    """Yield the secret settings by the dotted names they are stored under."""
    variants = [js.resolve(root, option) for option in node.get("oneOf") or ()]
    for variant in variants or [dict(node)]:
        for name, raw in (variant.get("properties") or {}).items():
            field = js.resolve(root, raw)
            # Only one variant is in use, so that no secret of a variant is needed in any case.
            needed = required and not variants and js.is_required(variant, name, field)
            if js.is_secret(field):
                described = {"description": field["description"]} if field.get("description") else {}
                yield {"key": prefix + name, **described, **({"required": True} if needed else {})}
            elif "properties" in field or "discriminator" in field:
                yield from _secrets(root, field, f"{prefix}{name}.", required=needed)
