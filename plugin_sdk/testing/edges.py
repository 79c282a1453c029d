"""Values at the edges of a model's fields: what people, dashboards and old queries put there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from plugin_sdk import json_schema as js

_TEXTS = ("", " ", "Köln \u2713 '\"\\;--", "$station", "${station:csv}", "x" * 10_000)
_NUMBERS = (0, -1, 1, 1.5, 2**53, -(2**53), 1e308)
_ANYTHING: tuple[Any, ...] = (None, True, "text", 7, [], {})


class Edge(NamedTuple):
    """One query with one field at an edge."""

    field: str
    value: Any

    def __str__(self) -> str:
        text = json.dumps(self.value, ensure_ascii=True)
        return f"{self.field}={text if len(text) <= 30 else text[:27] + '...'}"


def edges_of(schema: Mapping[str, Any]) -> list[Edge]:
    """Return the edges of every field of an object's JSON Schema, each value once."""
    found: dict[str, Edge] = {}
    for name, node in js.fields(schema, schema, {}):
        for value in (*_ANYTHING, *values_of(schema, node)):
            edge = Edge(name, value)
            found.setdefault(f"{name}={json.dumps(value)}", edge)
    return list(found.values())


def values_of(root: js.Node, node: js.Node) -> Iterator[Any]:
    """Yield values at the edges of one field, on both sides of each."""
    yield from node.get("enum", ())
    if "const" in node:
        yield node["const"]
    if "default" in node:
        yield node["default"]
    match node.get("type"):
        case "string":
            yield from _TEXTS
            yield from ("x" * length for length in _around(node, "minLength", "maxLength") if length >= 0)
        case "integer" | "number":
            yield from _NUMBERS
            yield from _around(node, "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
        case "boolean":
            yield from (True, False)
        case "array":
            yield from _lists(root, node)


def _around(node: js.Node, *bounds: str) -> Iterator[Any]:
    for bound in bounds:
        if bound in node:
            yield from (node[bound] - 1, node[bound], node[bound] + 1)


def _lists(root: js.Node, node: js.Node) -> Iterator[list[Any]]:
    items = list(values_of(root, js.resolve(root, node.get("items") or {})))[:3]
    yield from ([item] for item in items)
    if items:
        yield items[:1] * 100
