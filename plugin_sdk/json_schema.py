"""Reads a JSON Schema as the generated editors do, so that both sides agree on every field.

`frontend/runtime/` implements the same rules in JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

HINTS = "x-grafana"

# Keys of a query that belong to Grafana: not shown in an editor, and not passed to the model unless it has
# such a field.
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
_MAX_REFERENCES = 32  # a longer chain of references is a loop


def resolve(root: Node, node: Node) -> dict[str, Any]:
    """Return the schema that a node stands for: follow `$ref`, a single `allOf` and `Optional[...]`."""
    found = dict(node)
    for _ in range(_MAX_REFERENCES):
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
    """Return True if Grafana stores the field encrypted."""
    hints = node.get(HINTS)
    hinted = isinstance(hints, Mapping) and hints.get("secret")
    return bool(node.get("writeOnly") or node.get("format") == "password" or hinted)


def is_required(node: Node, name: str, field: Node) -> bool:
    """Return True if the editor marks the field, and "Save & test" refuses settings in which it is empty.

    Args:
        node: the model that has the field.
        name: of the field.
        field: its resolved schema.
    """
    return is_marked(field) or (name in (node.get("required") or ()) and "default" not in field)


def is_marked(field: Node) -> bool:
    """Return True if `form(required=True)` requires the field although it may have a default."""
    hints = field.get(HINTS)
    return isinstance(hints, Mapping) and bool(hints.get("required"))


def is_shown(field: Node, siblings: Mapping[str, Any]) -> bool:
    """Return True if the field's `show_if` holds among its siblings' values."""
    hints = field.get(HINTS)
    condition = hints.get("showIf") if isinstance(hints, Mapping) else None
    for name, expected in (condition or {}).items():
        actual: Any = siblings
        for part in name.split("."):
            actual = actual.get(part) if isinstance(actual, Mapping) else None
        if actual not in (expected if isinstance(expected, list) else [expected]):
            return False
    return True


def lacks(title: str) -> str:
    """Return the sentence for a required field without a value, the same in an editor and a response."""
    return f"{title} is required"


def fields(root: Node, node: Node, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the resolved fields of an object; of a union, those of the variant that `value` has."""
    variant = variant_of(root, node, value)
    for name, raw in (variant.get("properties") or {}).items():
        yield name, resolve(root, raw)


def variant_of(root: Node, node: Node, value: Any) -> Node:
    """Return the model that `value` is of: a variant of a union, `{}` if none fits, or the node itself."""
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
