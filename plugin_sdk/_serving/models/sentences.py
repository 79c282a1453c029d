"""pydantic's errors as sentences for the person who filled in the form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from plugin_sdk import json_schema as js

_MAX_ERRORS = 3  # described; the rest are counted
_MAX_SHOWN = 60  # characters of an invalid value

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
    """Return one sentence for all `details`, with the title of each field and the expected value."""
    sentences = [_describe_one(root, node, data, detail, what) for detail in details[:_MAX_ERRORS]]
    if len(details) > _MAX_ERRORS:
        sentences.append(f"and {len(details) - _MAX_ERRORS} more")
    return "; ".join(sentences)


def _describe_one(root: js.Node, node: js.Node, data: Any, detail: Any, what: str) -> str:
    title, secret, field = _locate(root, node, data, detail["loc"])
    subject = title or what
    kind = str(detail["type"])
    if kind == "missing":
        return js.lacks(subject)
    if kind == "finite_number":
        return f"{subject} should be a finite number"
    if kind == "extra_forbidden":
        return f"{subject} is not a field of the {what}"
    if kind in ("value_error", "assertion_error"):
        text = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        return f"{title}: {text}" if title else text
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
    if kind.startswith("time_delta"):
        return "a duration: seconds, or text such as PT90S"
    return _EXPECTED.get(kind.partition("_")[0])


def _found(value: Any) -> str:
    if value is None:
        return ", found nothing"
    if isinstance(value, dict | list):
        return ""  # it may contain a secret
    text = json.dumps(value, ensure_ascii=False, default=str)
    return f", found {text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + '...'}"


def _locate(root: js.Node, node: js.Node, data: Any, path: Sequence[Any]) -> tuple[str, bool, js.Node]:
    """Return the title of the field at pydantic's `loc`, whether it is secret, and its schema."""
    titles: list[str] = []
    names: list[str] = []
    secret = at_tag = False
    for part in path:
        if at_tag:  # in a union, pydantic names the variant first, which is not a field of the form
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
        elif "anyOf" not in node:  # otherwise it is the name of a type, such as `int`
            titles.append(str(part))
            names.append(str(part))
            node = {}
        at_tag = "discriminator" in node
    return name_of(titles, names), secret, node


def name_of(titles: Sequence[str], names: Sequence[str]) -> str:
    """Return the titles on the way to a field, and its name where that differs in more than spelling."""
    title, name = " > ".join(titles), ".".join(names)
    spelt = title.replace(" > ", ".").replace(" ", "_")
    return title if not names or spelt.casefold() == name.casefold() else f"{title} ({name})"
