"""What the generated editors cannot show, reported at build with the field and the reason.

The rules mirror `frontend/runtime/`: a model that passes here has a control for every field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugin_cli.build.schema.rules import FieldRules, widget_of
from plugin_cli.errors import ProjectError
from plugin_sdk import json_schema as js

_ASKED_FOR = {"adhocFilters", "timeRange"}  # Grafana's keys that a query model may ask for


@dataclass(frozen=True)
class Problem:
    """One field that cannot be shown.

    Attributes:
        field: its dotted path, with the model's kind in front: `query.station`.
        reason: why not, and what would do.
    """

    field: str
    reason: str


def check_schema(schema: Mapping[str, Any]) -> None:
    """Refuse models that the editors cannot show.

    Raises:
        ProjectError: names each field and its reason.
    """
    problems = [*find_problems(schema["settings"], "settings"), *find_problems(schema["query"], "query")]
    if problems:
        raise ProjectError(
            "the generated editors cannot show every field of the models",
            why="\n".join(f"{problem.field}: {problem.reason}" for problem in problems),
            remedy="change these fields   (or write the editors yourself: plugin-cli add react)",
        )


def find_problems(root: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    """Yield what is wrong with one model; `kind` is `settings` or `query`."""
    node = js.resolve(root, root)
    if node.get("type") != "object" or not node.keys() & {"properties", "additionalProperties"}:
        yield Problem(kind, "expected a model with named fields")
        return
    yield from _Walk(root, kind).model(node, kind, ())


class _Walk:
    """One pass over a model and the models in it."""

    def __init__(self, root: Mapping[str, Any], kind: str) -> None:
        self.root = root
        self.rules = FieldRules(root, kind)

    def model(self, node: js.Node, path: str, above: tuple[str, ...]) -> Iterator[Problem]:
        fields = node.get("properties") or {}
        required = set(node.get("required") or ())
        for name, raw in fields.items():
            here = f"{path}.{name}"
            field = js.resolve(self.root, raw)
            if path == "query" and name in js.RESERVED:
                if name not in _ASKED_FOR:
                    yield Problem(here, "Grafana keeps a value of its own under this name; choose another")
                continue
            if "." in name:
                yield Problem(here, 'a name must not hold "."')
            for reason in self.rules.reasons(field, name in required, fields):
                yield Problem(here, reason)
            yield from self._inside(raw, field, here, above)

    def _inside(self, raw: Any, field: js.Node, path: str, above: tuple[str, ...]) -> Iterator[Problem]:
        """Yield the problems of the models within a field."""
        if widget_of(field) in ("json", "hidden"):
            return
        inner: list[tuple[str, Any]] = []
        if "discriminator" in field and "oneOf" in field:
            inner = [(path, option) for option in field["oneOf"]]
        elif "properties" in field:
            inner = [(path, raw)]
        elif "properties" in js.resolve(self.root, field.get("items") or {}):
            inner = [(f"{path}[]", field["items"])]
        for where, option in inner:
            node = js.resolve(self.root, option)
            name = _identity(node)
            if name in above:
                yield Problem(path, "a model that holds itself has no end; use widget='json' for this field")
            else:
                yield from self.model(node, where, (*above, name))


def _identity(node: js.Node) -> str:
    return f"{node.get('title')}:{sorted(node.get('properties') or ())}"
