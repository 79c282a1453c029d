"""Print the JSON Schema of a plugin's models: `python -m plugin_sdk.schema weather.datasource:Weather`."""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path
from typing import Any

VERSION = 1


class SchemaError(Exception):
    """The models cannot be found or described; the text gives the reason."""


def schema_of(entry: str) -> dict[str, Any]:
    """Return `{"version", "settings", "query"}` of the class that an import string names.

    Raises:
        SchemaError: the class cannot be imported, or a model has no JSON Schema.
    """
    return schema_of_class(_load(entry))


def schema_of_class(cls: type) -> dict[str, Any]:
    """Return `{"version", "settings", "query"}` of a plugin's class.

    Raises:
        SchemaError: a model has no JSON Schema, or a mistake that its users would meet.
    """
    from plugin_sdk.datasource import model_types
    from plugin_sdk.model_checks import find_mistakes

    settings, query = model_types(cls)
    mistakes = list(find_mistakes(cls))
    if mistakes:
        raise SchemaError("\n".join(mistakes))
    return {
        "version": VERSION,
        "settings": _describe(settings, "settings"),
        "query": _describe(query, "query"),
    }


def write_schema(cls: type, path: str) -> None:
    """Write the schema of a loaded class to `path` atomically.

    `plugin-cli dev` makes the editors from it: a separate process for the schema would take as long to start
    as the backend. The file contains `{"schema"}`, or `{"error"}` with the reason.
    """
    document: dict[str, Any]
    try:
        document = {"schema": schema_of_class(cls)}
    except Exception as error:
        document = {"error": str(error)}
    aside = Path(f"{path}.partial")
    aside.write_text(json.dumps(document), encoding="utf-8")
    aside.replace(path)


def _load(entry: str) -> type:
    module_name, _, class_name = entry.partition(":")
    if not module_name or not class_name:
        raise SchemaError(f"{entry!r} is not an import string; expected module:Class")
    try:
        found = getattr(importlib.import_module(module_name), class_name, None)
    except Exception as error:
        raise SchemaError(f"{module_name} cannot be imported: {type(error).__name__}: {error}") from error
    if not isinstance(found, type):
        raise SchemaError(f"{module_name} has no class {class_name}")
    return found


def _describe(model: Any, what: str) -> dict[str, Any]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticInvalidForJsonSchema

    try:
        return TypeAdapter(model).json_schema(mode="validation")
    except PydanticInvalidForJsonSchema as error:
        raise SchemaError(f"the {what} model {model.__name__} has no JSON Schema: {error.message}") from error


def main(argv: list[str]) -> int:
    """Print the schema and return 0; 1 with the reason on stderr if there is none, 2 for wrong arguments."""
    if len(argv) != 1:
        sys.stderr.write("usage: python -m plugin_sdk.schema module:Class\n")
        return 2
    try:
        with contextlib.redirect_stdout(sys.stderr):  # the author's module may print
            schema = schema_of(argv[0])
    except SchemaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(json.dumps(schema) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
