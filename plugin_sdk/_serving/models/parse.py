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
from plugin_sdk._json_text import DeepJsonError, loads
from plugin_sdk._serving.models.sentences import describe
from plugin_sdk._serving.models.stored_values import lacking, with_secrets, without_nulls

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Model = TypeVar("Model")


class ModelError(ValueError):
    """Settings or a query do not match their model; the text names the field and the expected value."""


def parse_settings(model: type[Model], json_data: bytes, secrets: Mapping[str, str]) -> Model:
    """Return the settings of a data source as `model`, with the secrets put back in place.

    Args:
        model: the author's model.
        json_data: what Grafana stores unencrypted; may be empty.
        secrets: the decrypted values by name; for a nested field that is its dotted path,
            such as `auth.token`. An empty value counts as unset.

    Raises:
        ModelError: a value is missing or invalid. The text contains no secret.
    """
    shape = _shape(cast(Any, model))
    data = _object(json_data, "settings", shape)
    merged = with_secrets(shape.schema, shape.node, data, _set(secrets))
    settings: Model = _validate(shape, merged, "settings")
    return settings


def missing_settings(model: Any, json_data: bytes, secrets: Mapping[str, str]) -> list[str]:
    """Return a sentence for each setting that the editor marks as required and that has no value.

    Those without a default are refused by `parse_settings`; these are marked by `form(required=True)`.
    """
    shape = _shape(model)
    return list(lacking(shape.schema, shape.node, _object(json_data, "settings", shape), _set(secrets)))


def _set(secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in secrets.items() if value}


def parse_query(model: type[Model], query: bytes) -> Model:
    """Return a stored query as `model`, with the model's defaults.

    What Grafana adds to every query (`refId`, `datasource`, ...) is dropped unless the model has such a
    field, so a model may forbid unknown keys.

    Raises:
        ModelError: a value is missing or invalid.
    """
    shape = _shape(cast(Any, model))
    data = _object(query, "query", shape)
    own = shape.node.get("properties")
    if own is not None:  # None: the model is a plain dict, which takes the query unchanged
        data = {key: value for key, value in data.items() if key not in js.RESERVED or key in own}
        if shape.needs_models:
            data = with_secrets(shape.schema, shape.node, data, {})
    parsed: Model = _validate(shape, data, "query")
    return parsed


def check_query_fields(model: type[Model], query: bytes) -> None:
    """Refuse fields that `model` does not have, for a query that a person has just typed.

    Stored queries are not checked like this: they may have fields of an older version.

    Raises:
        ModelError: the query has an unknown field; the text lists the known ones and suggests the closest.
    """
    shape = _shape(cast(Any, model))
    own = shape.node.get("properties")
    if own is None or shape.node.get("additionalProperties"):
        return  # it accepts any field, or one field decides which others there are
    names = set(own) | set(getattr(model, "model_fields", ()))
    for name in _object(query, "query"):
        if name not in js.RESERVED and name not in names:
            near = get_close_matches(name, names, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else ""
            allowed = ", ".join(sorted(own)) or "none"
            raise ModelError(f"the query has no field {name!r}; allowed: {allowed}{guess}")


class _Shape:
    """A model's validator, and its schema as the editors read it."""

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
        # A field without a JSON Schema is still validated; only its title is unknown.
        def handle_invalid_for_json_schema(self, *_: Any) -> JsonSchemaValue:
            return {}

    adapter: TypeAdapter[Any] = TypeAdapter(model)
    return _Shape(adapter, adapter.json_schema(schema_generator=Lenient))


def _object(raw: bytes, what: str, shape: _Shape | None = None) -> dict[str, Any]:
    try:
        data = loads(raw) if raw else {}
    except DeepJsonError as error:
        raise ModelError(_too_deep(what)) from error
    except ValueError as error:
        raise ModelError(f"the {what} {_verb(what)} not JSON") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ModelError(f"the {what} should be a JSON object, found {type(data).__name__}")
    if shape is not None and b"null" in raw:
        return without_nulls(shape.schema, shape.node, data)
    return data


def _verb(what: str) -> str:
    return "are" if what == "settings" else "is"


def _too_deep(what: str) -> str:
    return f"the {what} {_verb(what)} nested too deeply"


def _text(data: dict[str, Any]) -> str:
    """Return the data as JSON; half of a surrogate pair, which JavaScript allows, becomes U+FFFD as in Go."""
    text = json.dumps(data)
    if "\\ud" not in text:
        return text
    whole = json.dumps(data, ensure_ascii=False)
    return whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _validate(shape: _Shape, data: dict[str, Any], what: str) -> Any:
    from pydantic import ValidationError

    try:
        # As JSON: a strict model accepts an enum or a date only from JSON text.
        return shape.adapter.validate_json(_text(data))
    except RecursionError:
        raise ModelError(_too_deep(what)) from None
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
    if details[0]["type"] == "json_invalid":
        # The text is our own: pydantic refuses it for its depth alone.
        raise ModelError(_too_deep(what))
    # Outside the except block: the exception would be the cause, and it holds the input with its secrets.
    raise ModelError(describe(shape.schema, shape.node, data, details, what))
