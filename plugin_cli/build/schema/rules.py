"""The rules for a field's hints, given its type and its siblings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from plugin_sdk import json_schema as js

_HINTS = {
    "placeholder", "section", "widget", "options", "custom", "labels", "showIf", "language", "rows",
    "height", "width", "grow", "interpolate", "secret", "required",
}  # fmt: skip
_WIDGETS = {
    "text": "text",
    "textarea": "text",
    "code": "text",
    "select": "a choice",
    "radio": "a choice",
    "json": "any value",
    "hidden": "any value",
}
_FORMATS = {
    "csv", "pipe", "raw", "json", "text", "glob", "regex", "singlequote", "doublequote", "sqlstring",
    "percentencode", "queryparam", "lucene", "html", "distributed", "date",
}  # fmt: skip


class FieldRules:
    """The rules for the fields of one model; `kind` is `settings` or `query`."""

    def __init__(self, root: Mapping[str, Any], kind: str) -> None:
        self.root = root
        self.kind = kind

    def reasons(self, field: js.Node, required: bool, siblings: Mapping[str, Any]) -> Iterator[str]:
        """Yield why the field cannot be shown; `siblings` are the fields of the same model."""
        hints = field.get(js.HINTS) or {}
        if not isinstance(hints, Mapping):
            yield f"{js.HINTS} is not an object; use plugin_sdk.forms.form"
            return
        yield from _unknown_hints(hints)
        yield from self._secret(field)
        yield from self._widget(field, hints)
        yield from self._choices(field, hints, siblings)
        yield from self._condition(field, hints, required, siblings)

    def _secret(self, field: js.Node) -> Iterator[str]:
        if js.is_secret(field):
            if self.kind == "query":
                yield "a query is stored in clear text and cannot hold a secret; make it a setting"
        elif _holds_secret(self.root, field) and not self._has_secret_rows(field):
            yield "a secret in a list or an untagged union has no name to be stored under; make it a field"

    def _has_secret_rows(self, field: js.Node) -> bool:
        """Tell whether the secrets in the field are shown as fields of their own."""
        if widget_of(field) == "json":
            return False
        return "properties" in field or ("discriminator" in field and "oneOf" in field)

    def _widget(self, field: js.Node, hints: Mapping[str, Any]) -> Iterator[str]:
        widget = hints.get("widget")
        if widget is None:
            return
        if widget not in _WIDGETS:
            yield f"unknown widget {widget!r}; {_one_of(_WIDGETS, str(widget))}"
        elif _WIDGETS[widget] == "text" and field.get("type") != "string":
            yield f"widget {widget!r} shows text, not {_type_of(field)}"
        elif _WIDGETS[widget] == "a choice" and not (
            _values(field) or "options" in hints or field.get("type") == "boolean"
        ):
            yield f"widget {widget!r} needs choices: a Literal, an Enum, or options=options_from(...)"

    def _choices(
        self, field: js.Node, hints: Mapping[str, Any], siblings: Mapping[str, Any]
    ) -> Iterator[str]:
        items = js.resolve(self.root, field.get("items") or {})
        options = hints.get("options")
        if options is not None and not isinstance(options, Mapping):
            yield "options is not an object; use options=options_from(...)"
        elif options is not None:
            shape = items if field.get("type") == "array" else field
            if shape.get("type") not in ("string", "integer", "number"):
                yield f"options choose text or numbers, not {_type_of(shape)}"
            for name in options.get("params", ()):
                if str(name).partition(".")[0] not in siblings:
                    near = _one_of(siblings, str(name))
                    yield f"its options take {name!r}, which is not a sibling field; {near}"
        values = [
            str(value).lower() if isinstance(value, bool) else str(value)
            for value in _values(field) or _values(items)
        ]
        for label in hints.get("labels") or {}:
            if values and label not in values:
                yield f"the label for {label!r} has no such value; {_one_of(values, label)}"
        expected = str(hints.get("interpolate"))
        if expected not in {"None", "True", "False", *_FORMATS}:
            yield f"unknown variable format {expected!r}; {_one_of(sorted(_FORMATS), expected)}"

    def _condition(
        self, field: js.Node, hints: Mapping[str, Any], required: bool, siblings: Mapping[str, Any]
    ) -> Iterator[str]:
        can_stay_empty = not required or "default" in field
        if field.get("type") == "boolean" and not field.get("nullable") and not can_stay_empty:
            yield "a switch is on or off from the start: give it a default"
        if hints.get("widget") == "hidden" and not can_stay_empty:
            yield "a hidden field cannot be filled in: give it a default"
        if hints.get("required") and self.kind == "query":
            yield "required=True is for settings; a field of a query is required if it has no default"
        condition = hints.get("showIf") or {}
        if condition and not can_stay_empty:
            yield "is not always shown, so it cannot be required: give it a default"
        for name, expected in condition.items():
            first = name.partition(".")[0]
            if first not in siblings:
                yield f"show_if refers to {name!r}, which is not a sibling field; {_one_of(siblings, name)}"
            elif first == name:
                values = _values(js.resolve(self.root, siblings[name]))
                for value in expected if isinstance(expected, list) else [expected]:
                    if values and value not in values:
                        hint = _one_of(map(str, values), str(value))
                        yield f"show_if expects {name} to be {value!r}; {hint}"


def widget_of(field: js.Node) -> Any:
    """Return the widget that the hints ask for."""
    hints = field.get(js.HINTS)
    return hints.get("widget") if isinstance(hints, Mapping) else None


def _unknown_hints(hints: Mapping[str, Any]) -> Iterator[str]:
    for name in hints:
        if name not in _HINTS:
            yield f"unknown hint {name!r}; {_one_of(sorted(_HINTS), name)}"


def _holds_secret(root: js.Node, node: Any, seen: tuple[str, ...] = ()) -> bool:
    if isinstance(node, list):
        return any(_holds_secret(root, one, seen) for one in node)
    if not isinstance(node, Mapping):
        return False
    if js.is_secret(node):
        return True
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in seen:
            return False
        return _holds_secret(root, js.resolve(root, {"$ref": reference}), (*seen, reference))
    return any(
        _holds_secret(root, value, seen) for key, value in node.items() if key not in ("default", "examples")
    )


def _values(node: js.Node) -> list[Any]:
    return list(node.get("enum") or ([node["const"]] if "const" in node else []))


def _type_of(node: js.Node) -> str:
    words = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list"}
    return words.get(str(node.get("type")), str(node.get("type") or "any value"))


def _one_of(allowed: Any, given: str) -> str:
    names = [str(name) for name in allowed]
    near = get_close_matches(given, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(names)}"
