"""What Grafana stored, as a model reads it: secrets in their places, emptied values left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plugin_sdk import json_schema as js
from plugin_sdk._serving.models.sentences import name_of

Values = dict[str, Any]


def with_secrets(root: js.Node, node: js.Node, data: Values, secrets: Mapping[str, str]) -> Values:
    """Return `data` with each secret at the position that its dotted name describes.

    A nested model that is absent becomes what the editor shows: its default, or an empty one where it is
    required, so that the error names the fields that are missing.
    """
    return _with_secrets(root, node, data, "", secrets)


def _with_secrets(
    root: js.Node, node: js.Node, data: Mapping[str, Any], prefix: str, secrets: Mapping[str, str]
) -> Values:
    merged = dict(data)
    required = node.get("required") or ()
    for name, field in js.fields(root, node, data):
        key = prefix + name
        if js.is_secret(field):
            merged.pop(name, None)  # an unencrypted value is not accepted as a secret
            if key in secrets:
                merged[name] = secrets[key]
        elif _is_nested(field):
            inner = merged.get(name)
            default = field.get("default") if name not in merged else None
            if isinstance(default, Mapping):
                found = _with_secrets(root, field, default, key + ".", secrets)
                if found != default and _decides(root, field, default, key + ".", secrets):
                    merged[name] = found
            elif inner is None and field.get("nullable"):
                continue  # switched off; secrets stored earlier must not switch it on
            elif isinstance(inner, dict | None):
                found = _with_secrets(root, field, inner or {}, key + ".", secrets)
                if found or inner is not None or (name in required and "properties" in field):
                    merged[name] = found
    return merged


def _is_nested(field: js.Node) -> bool:
    return "properties" in field or "discriminator" in field


def _decides(
    root: js.Node, node: js.Node, default: Mapping[str, Any], prefix: str, secrets: Mapping[str, str]
) -> bool:
    """Return False if the default has to stay: it holds a secret, of which a schema shows only asterisks."""
    if any(key.startswith(prefix) for key in secrets):
        return True
    for name, field in js.fields(root, node, default):
        inner = default.get(name)
        if js.is_secret(field) and inner:
            return False
        nested = _is_nested(field) and isinstance(inner, Mapping)
        if nested and not _decides(root, field, inner or {}, f"{prefix}{name}.", secrets):
            return False
    return True


def without_nulls(root: js.Node, node: js.Node, data: Values) -> Values:
    """Return `data` without the nulls of fields that have another default, which then counts.

    A cleared control, and a query of Go or JavaScript with a value that was never set, store null. The
    editors show the default for it.
    """
    kept: Values = {}
    fields = dict(js.fields(root, node, data))
    required = set(node.get("required") or ())  # a default made by a function is in no schema
    for name, value in data.items():
        field = fields.get(name)
        has_default = field is not None and ("default" in field or name not in required)
        if value is None and field is not None and has_default and not _takes_null(field):
            continue
        kept[name] = value if field is None else _inner(root, field, value)
    return kept


def _inner(root: js.Node, field: js.Node, value: Any) -> Any:
    if isinstance(value, dict) and _is_nested(field):
        return without_nulls(root, field, value)
    if isinstance(value, list) and isinstance(field.get("items"), Mapping):
        item = js.resolve(root, field["items"])
        return [_inner(root, item, one) for one in value]
    return value


def _takes_null(field: js.Node) -> bool:
    """Return True unless null is surely no value of the field."""
    if field.get("nullable") or field.get("default", 0) is None:
        return True
    if None in (field.get("enum") or ()):
        return True
    options = [*(field.get("anyOf") or ()), *(field.get("oneOf") or ())]
    if any(option.get("type") == "null" for option in options):
        return True
    return not options and not {"type", "enum", "const", "$ref"} & set(field)


def lacking(
    root: js.Node, node: js.Node, data: Mapping[str, Any], secrets: Mapping[str, str]
) -> Iterator[str]:
    """Yield the sentence for each field that `form(required=True)` marks, that is shown, and is empty."""
    yield from _lacking(root, node, data, (), (), secrets)


def _lacking(
    root: js.Node,
    node: js.Node,
    data: Mapping[str, Any],
    titles: tuple[str, ...],
    names: tuple[str, ...],
    secrets: Mapping[str, str],
) -> Iterator[str]:
    found = dict(js.fields(root, node, data))
    siblings = {name: field["default"] for name, field in found.items() if "default" in field} | dict(data)
    for name, field in found.items():
        path, way = (*names, name), (*titles, str(field.get("title") or name))
        value = secrets.get(".".join(path)) if js.is_secret(field) else siblings.get(name)
        if not js.is_shown(field, siblings):
            continue
        if value in (None, "", []) and js.is_marked(field):
            yield js.lacks(name_of(way, path))
        elif _is_nested(field) and isinstance(value, Mapping):
            yield from _lacking(root, field, value, way, path, secrets)
