"""Reading a JSON Schema as the generated editors read it, so that both sides agree on every field.

`frontend/runtime/` holds the same rules in JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

HINTS = "x-grafana"

# Keys of a query that Grafana itself owns: never shown in an editor, never part of the model
# unless the model names them.
RESERVED = frozenset(
    {
        "refId",
        "hide",
        "key",
        "datasource",
        "datasourceId",
        "intervalMs",
        "maxDataPoints",
        "queryCachingTTL",
        "adhocFilters",
        "timeRange",
    }
)

Node = Mapping[str, Any]
_DEEPEST = 32  # a chain of references longer than this is a loop


def resolve(root: Node, node: Node) -> dict[str, Any]:
    """Follow `$ref`, a lone `allOf` and `Optional[...]` until the node says what it is."""
    found = dict(node)
    for _ in range(_DEEPEST):
        if "$ref" in found:
            reference = found.pop("$ref")
            found = {**_lookup(root, reference), **found}
        elif len(found.get("allOf", ())) == 1:
            found = {**found.pop("allOf")[0], **found}
        elif (options := _alternatives(found)) is not None:
            real = [option for option in options if option.get("type") != "null"]
            if len(real) != 1:
                return found
            found.pop("anyOf", None)
            found.pop("oneOf", None)
            found = {**real[0], **found, "nullable": True}
        else:
            return found
    return found


def is_secret(node: Node) -> bool:
    """Tell whether Grafana stores the field encrypted."""
    hints = node.get(HINTS)
    asked = isinstance(hints, Mapping) and hints.get("secret")
    return bool(node.get("writeOnly") or node.get("format") == "password" or asked)


def fields(root: Node, node: Node, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the fields of an object, resolved; of a union, those of the variant `value` is of."""
    variant = _variant(root, node, value)
    for name, raw in (variant.get("properties") or {}).items():
        yield name, resolve(root, raw)


def _variant(root: Node, node: Node, value: Any) -> Node:
    tag = (node.get("discriminator") or {}).get("propertyName")
    if tag is None or "oneOf" not in node:
        return node
    chosen = value.get(tag) if isinstance(value, Mapping) else None
    if chosen is None and isinstance(node.get("default"), Mapping):
        chosen = node["default"].get(tag)
    for option in node["oneOf"]:
        variant = resolve(root, option)
        mark = resolve(root, (variant.get("properties") or {}).get(tag) or {})
        if chosen is not None and chosen in (mark.get("const"), *(mark.get("enum") or ())):
            return variant
    return {}


def _alternatives(node: Node) -> list[dict[str, Any]] | None:
    if "anyOf" in node:
        return list(node["anyOf"])
    if "oneOf" in node and "discriminator" not in node:
        return list(node["oneOf"])
    return None


def _lookup(root: Node, reference: str) -> dict[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = (
            found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, Mapping) else {}
        )
    return dict(found)
