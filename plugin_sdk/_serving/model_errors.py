"""pydantic's findings as sentences for the person who filled in the form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from plugin_sdk import json_schema as js

_MOST = 3  # findings told; the rest are counted
_LONGEST = 60  # characters of a wrong value that are shown

_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "an object",
    "model": "an object",
    "date": "a date such as 2026-01-31",
    "datetime": "a date and time such as 2026-01-31T12:00:00Z",
    "time": "a time such as 12:00:00",
    "url": "an address such as https://example.org",
    "uuid": "a UUID",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
    "multiple_of": ("multiple_of", "a multiple of"),
}


def describe(root: js.Node, node: js.Node, data: Any, details: Sequence[Any], what: str) -> str:
    """Return one sentence for all `details`, naming each field's title and what is expected."""
    told = [_finding(root, node, data, detail, what) for detail in details[:_MOST]]
    if len(details) > _MOST:
        told.append(f"and {len(details) - _MOST} more")
    return "; ".join(told)


def _finding(root: js.Node, node: js.Node, data: Any, detail: Any, what: str) -> str:
    title, secret, field = _locate(root, node, data, detail["loc"])
    subject = title or what
    kind = str(detail["type"])
    if kind == "missing":
        return f"{subject} is missing"
    if kind == "extra_forbidden":
        return f"{subject} is not a field of the {what}"
    if kind in ("value_error", "assertion_error"):
        said = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return f"{title}: {said}" if title else said
    expected = _expected(kind, detail, field)
    if expected is None:
        return f"{subject}: {detail['msg']}"
    return f"{subject} should be {expected}" + ("" if secret else _found(detail["input"]))


def _expected(kind: str, detail: Any, field: js.Node) -> str | None:
    context = detail.get("ctx") or {}
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        return f"{words} {context.get(key)}"
    if kind in ("string_too_short", "too_short"):
        return "filled in" if context.get("min_length") == 1 else f"at least {context.get('min_length')} long"
    if kind in ("string_too_long", "too_long"):
        return f"at most {context.get('max_length')} long"
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        allowed = context.get("expected") or context.get("expected_tags") or ""
        return f"one of {str(allowed).replace(' or ', ', ')}"
    if kind == "string_pattern_mismatch":
        return f"text that matches {context.get('pattern')}"
    if kind == "union_tag_not_found":
        tag = (field.get("discriminator") or {}).get("propertyName") or context.get("discriminator")
        return f"an object with {tag}"
    return _EXPECTED.get(kind.partition("_")[0])


def _found(value: Any) -> str:
    if value is None:
        return ", found nothing"
    if isinstance(value, dict | list):
        return ""  # may hold a secret of its own
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f", found {text if len(text) <= _LONGEST else text[:_LONGEST] + '...'}"


def _locate(root: js.Node, node: js.Node, data: Any, path: Sequence[Any]) -> tuple[str, bool, js.Node]:
    """Return the title, whether it is secret, and the node, of what pydantic's `loc` points at."""
    titles: list[str] = []
    names: list[str] = []
    secret = at_tag = False
    for part in path:
        if at_tag:  # of a union pydantic names the variant first, which is no field of the form
            at_tag = False
            continue
        known = dict(js.fields(root, node, data))
        if isinstance(part, int):
            titles.append(f"item {part + 1}")
            node = js.resolve(root, node.get("items") or {})
            data = data[part] if isinstance(data, list) and part < len(data) else None
        elif part in known:
            node = known[part]
            data = data.get(part) if isinstance(data, dict) else None
            titles.append(str(node.get("title") or part))
            names.append(str(part))
            secret = secret or js.is_secret(node)
        elif "anyOf" not in node:  # else the name of a type, such as `int`
            titles.append(str(part))
            names.append(str(part))
            node = {}
        at_tag = "discriminator" in node
    return _name(titles, names), secret, node


def _name(titles: Sequence[str], names: Sequence[str]) -> str:
    title, name = " > ".join(titles), ".".join(names)
    return title if not names or title.casefold() == name.casefold() else f"{title} ({name})"
