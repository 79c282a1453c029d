"""Mistakes in the models that pydantic leaves for the first user to find: found when the schema is made."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any


def find_mistakes(cls: type) -> Iterator[str]:
    """Yield a sentence for each default that does not fit its type, and each list without a resource."""
    from plugin_sdk.datasource import model_types

    for kind, model in zip(("settings", "query"), model_types(cls), strict=True):
        for found in _models_in(model, set()):
            yield from _wrong_defaults(found, kind)
            yield from _missing_resources(found, kind, cls)


def _models_in(annotation: Any, seen: set[type]) -> Iterator[Any]:
    """Yield a model and the models in it, each once."""
    for part in typing.get_args(annotation):
        yield from _models_in(part, seen)
    fields = getattr(annotation, "model_fields", None)
    if not isinstance(annotation, type) or not isinstance(fields, dict) or annotation in seen:
        return
    seen.add(annotation)
    yield annotation
    for field in fields.values():
        yield from _models_in(field.annotation, seen)


def _wrong_defaults(model: Any, kind: str) -> Iterator[str]:
    from pydantic import TypeAdapter, ValidationError

    for name, field in model.model_fields.items():
        if field.is_required() or field.default_factory is not None:
            continue
        annotation: typing.Any = (
            typing.Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        )
        try:
            TypeAdapter(annotation).validate_python(field.default)
        except ValidationError as error:
            problem = error.errors(include_url=False, include_input=False)[0]["msg"]
            where = _line_of(model, name)
            yield f"{where}: the default of {kind}.{name} does not fit its type: {problem}"
        except Exception:
            continue  # a type that only works within its model


def _missing_resources(model: Any, kind: str, cls: type) -> Iterator[str]:
    from plugin_sdk.routing import find_route, resource_routes

    routes = resource_routes(cls)
    if not routes or hasattr(cls, "call_resource") or getattr(cls, "asgi_app", None) is not None:
        return  # others may answer
    known = sorted({route.path.strip("/") for route in routes if "GET" in route.methods})
    for name, resource in _resources_of(model):
        if not any("GET" in route.methods for route, _ in find_route(routes, resource)):
            near = get_close_matches(resource, known, n=1)
            guess = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
            where = _line_of(model, name)
            yield f"{where}: options_from({resource!r}) of {kind}.{name} names no GET resource; {guess}"


def _resources_of(model: Any) -> Iterator[tuple[str, str]]:
    from plugin_sdk.json_schema import HINTS

    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        hints = extra.get(HINTS) if isinstance(extra, dict) else getattr(extra, "hints", None)
        for part in field.metadata:
            hints = hints or getattr(part, "hints", None)
        options = hints.get("options") if isinstance(hints, dict) else None
        resource = (
            options.get("resource") if isinstance(options, dict) else getattr(options, "resource", None)
        )
        if resource:
            yield name, str(resource).partition("?")[0]


def _line_of(model: Any, name: str) -> str:
    """Return `file:line` of a field, the file as it is seen from the current folder."""
    try:
        lines, first = inspect.getsourcelines(model)
        path = Path(inspect.getsourcefile(model) or "").resolve()
    except (OSError, TypeError):
        return f"{model.__module__}.{model.__name__}"
    position = next(
        (at for at, line in enumerate(lines) if re.match(rf"\s+{re.escape(name)}\s*[:=]", line)), 0
    )
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{shown}:{first + position}"
