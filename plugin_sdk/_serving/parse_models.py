"""Settings and queries as the author's models: parsed, checked, with the secrets in their places.

pydantic is imported when the first model is parsed, which is after the handshake.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from plugin_sdk import json_schema as js
from plugin_sdk._serving.model_errors import describe

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Model = TypeVar("Model")


class ModelError(ValueError):
    """Settings or a query do not fit their model; the text names the field and what is expected."""


def parse_settings(model: type[Model], json_data: bytes, secrets: Mapping[str, str]) -> Model:
    """Return the settings of a data source as `model`, its secrets merged back.

    Args:
        model: the author's model.
        json_data: what Grafana stores in clear; may be empty.
        secrets: the decrypted values by name; that of a nested field is its dotted path,
            such as `auth.token`. An empty value counts as not set.

    Raises:
        ModelError: a value is missing or wrong. The text holds no secret.
    """
    shape = _shape(cast(Any, model))
    data = _object(json_data, "settings")
    filled = {name: value for name, value in secrets.items() if value}
    merged = _with_secrets(shape.schema, shape.node, data, "", filled)
    settings: Model = _validate(shape, merged, "settings")
    return settings


def parse_query(model: type[Model], query: bytes) -> Model:
    """Return a stored query as `model`, with the model's defaults.

    What Grafana adds to every query (`refId`, `datasource`, ...) is left out where the model does
    not ask for it, so a model may forbid unknown keys.

    Raises:
        ModelError: a value is missing or wrong.
    """
    shape = _shape(cast(Any, model))
    data = _object(query, "query")
    own = shape.node.get("properties")
    if own is not None:  # a plain dict takes the query as it is
        data = {key: value for key, value in data.items() if key not in js.RESERVED or key in own}
        if shape.needs_models:
            data = _with_secrets(shape.schema, shape.node, data, "", {})
    parsed: Model = _validate(shape, data, "query")
    return parsed


def check_query_fields(model: type[Model], query: bytes) -> None:
    """Refuse a field that `model` does not have, for a query that somebody has just typed.

    Stored queries may carry the fields of an older version; a typing mistake would be lost among them.

    Raises:
        ModelError: with the fields there are, and the nearest.
    """
    shape = _shape(cast(Any, model))
    own = shape.node.get("properties")
    if own is None or shape.node.get("additionalProperties"):
        return  # it takes any field, or its fields depend on one of them
    names = set(own) | set(getattr(model, "model_fields", ()))
    for name in _object(query, "query"):
        if name not in js.RESERVED and name not in names:
            near = get_close_matches(name, names, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else ""
            allowed = ", ".join(sorted(own)) or "none"
            raise ModelError(f"the query has no field {name!r}; allowed: {allowed}{guess}")


class _Shape:
    """A model as pydantic validates it and as the editors see it."""

    def __init__(self, adapter: TypeAdapter[Any], schema: dict[str, Any]) -> None:
        self.adapter = adapter
        self.schema = schema
        self.node = js.resolve(schema, schema)
        required = self.node.get("required") or ()
        fields = dict(js.fields(schema, self.node, {}))
        self.needs_models = any("properties" in fields.get(name, {}) for name in required)


@lru_cache(maxsize=64)
def _shape(model: Any) -> _Shape:
    from pydantic import TypeAdapter
    from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

    class Lenient(GenerateJsonSchema):
        # A field that JSON Schema cannot describe is still validated; only its title is unknown.
        def handle_invalid_for_json_schema(self, *_: Any) -> JsonSchemaValue:
            return {}

    adapter: TypeAdapter[Any] = TypeAdapter(model)
    return _Shape(adapter, adapter.json_schema(schema_generator=Lenient))


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        data = json.loads(raw) if raw else {}
    except ValueError as error:
        raise ModelError(
            f"the {what} are not JSON" if what == "settings" else f"the {what} is not JSON"
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ModelError(f"the {what} should be a JSON object, found {type(data).__name__}")
    return data


def _with_secrets(
    root: js.Node, node: js.Node, data: dict[str, Any], prefix: str, secrets: Mapping[str, str]
) -> dict[str, Any]:
    """Put each secret where its dotted name points.

    A required model that nobody filled in becomes an empty one: its fields may all have defaults, and
    else it is them that are missing.
    """
    merged = dict(data)
    required = node.get("required") or ()
    for name, field in js.fields(root, node, data):
        key = prefix + name
        if js.is_secret(field):
            merged.pop(name, None)  # a secret in clear text is no secret: only the encrypted one counts
            if key in secrets:
                merged[name] = secrets[key]
        elif "properties" in field or "discriminator" in field:
            inner = merged.get(name)
            if inner is None and field.get("nullable"):
                continue  # switched off: secrets that were stored before do not switch it on
            if isinstance(inner, dict | None):
                found = _with_secrets(root, field, inner or {}, key + ".", secrets)
                if found or inner is not None or (name in required and "properties" in field):
                    merged[name] = found
    return merged


def _validate(shape: _Shape, data: dict[str, Any], what: str) -> Any:
    from pydantic import ValidationError

    try:
        # As JSON, because a strict model takes an enum or a date from JSON text only.
        return shape.adapter.validate_json(json.dumps(data))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    # Outside the handler: the cause holds the input, and with it the secrets.
    raise ModelError(describe(shape.schema, shape.node, data, details, what))
