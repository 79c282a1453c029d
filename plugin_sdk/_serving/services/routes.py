"""Finds `@resource` methods by path and HTTP method, and calls them with the arguments they name."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from plugin_sdk._serving.plugin import Instance
from plugin_sdk._serving.request_scope import ActiveCall
from plugin_sdk.channel_names import channel_text
from plugin_sdk.errors import DownstreamError, PluginError
from plugin_sdk.messages import CallResourceRequest
from plugin_sdk.routing import Route, find_route


@dataclass(frozen=True)
class Match:
    """A path that has routes; `route` is None if none of them has the HTTP method."""

    route: Route | None
    values: dict[str, str]


def find(routes: Sequence[Route], request: CallResourceRequest) -> Match | None:
    """Return the route of a request, or None if no route has its path."""
    hits = find_route(list(routes), request.path)
    for route, values in hits:
        if request.method.upper() in route.methods:
            return Match(route, values)
    return Match(None, {}) if hits else None


def no_route_error(routes: Sequence[Route], request: CallResourceRequest, *, is_path: bool) -> PluginError:
    """Return the error for a request without a route; its text lists the routes that exist.

    Args:
        routes: of the plugin's class.
        request: the request.
        is_path: whether its path has routes for other methods.
    """
    if is_path:
        methods = {method for route, _ in find_route(list(routes), request.path) for method in route.methods}
        known = ", ".join(sorted(methods))
        return PluginError(
            f"{request.method} is not allowed for {request.path!r}; allowed: {known}", status=405
        )
    paths = [f"{'|'.join(sorted(route.methods))} /{route.path.strip('/')}" for route in routes]
    return PluginError(f"no resource {request.path!r}; {list_paths(paths)}", status=404)


_MOST_LISTED = 20
_SEVERAL = (list, set, frozenset, tuple, Sequence, Set, Iterable, Collection)


def list_paths(paths: Sequence[str]) -> str:
    """Return the existing paths, as the end of an error text."""
    more = f" and {len(paths) - _MOST_LISTED} more" if len(paths) > _MOST_LISTED else ""
    return f"available: {', '.join(sorted(paths)[:_MOST_LISTED])}{more}"


def call_route(call: ActiveCall, instance: Instance, match: Match, request: CallResourceRequest) -> Any:
    """Return what the method of a route returns when it is called with what its parameters name."""
    assert match.route is not None
    method = getattr(instance.target, match.route.name)
    arguments = _arguments(method, match.values, request)
    if inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method):
        return method(**arguments)
    return instance.handler(match.route.name)(call, **arguments)


@lru_cache(maxsize=512)
def _parameters(function: Any) -> list[tuple[str, Any, Any]]:
    try:
        hints = typing.get_type_hints(function)
    except Exception:
        # If a hint can be resolved by type checkers only, arguments stay strings.
        hints = {}
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [(parameter.name, hints.get(parameter.name, str), parameter.default) for parameter in parameters]


def _arguments(method: Any, values: dict[str, str], request: CallResourceRequest) -> dict[str, Any]:
    """Return the arguments for a method's parameters: placeholders, query string, `request`, `body`."""
    params = request.params
    given = params | values
    found: dict[str, Any] = {}
    for name, hint, default in _parameters(method.__func__):
        if name == "request" or hint is CallResourceRequest:
            found[name] = request
        elif name == "body" and name not in given:
            found[name] = _convert(name, _json_body(request), hint)
        elif name in given and _takes_several(hint):
            found[name] = _convert(name, [values[name]] if name in values else params.getlist(name), hint)
        elif name in given:
            found[name] = _convert(name, given[name], hint)
        elif default is inspect.Parameter.empty:
            raise DownstreamError(f"the parameter {name!r} is missing", status=400)
        else:
            found[name] = default
    return found


@lru_cache(maxsize=512)
def _takes_several(hint: Any) -> bool:
    """Return True for a list, set or tuple, also with None: a single value of the query fills it too."""
    origin = typing.get_origin(hint) or hint
    if origin in (typing.Union, types.UnionType):
        return any(map(_takes_several, typing.get_args(hint)))
    if origin is typing.Annotated:
        return _takes_several(typing.get_args(hint)[0])
    return origin in _SEVERAL


def _json_body(request: CallResourceRequest) -> Any:
    try:
        return request.json()
    except ValueError as error:
        raise DownstreamError(f"the body is not JSON: {error}", status=400) from error


def _convert(name: str, value: Any, hint: Any) -> Any:
    if hint is str or hint is Any:
        return value
    from pydantic import ValidationError

    try:
        return _adapter(hint).validate_python(value)
    except ValidationError as error:
        reason = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise DownstreamError(f"{name}: {reason}", status=400) from error


@lru_cache(maxsize=512)
def _adapter(hint: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(hint)


def stream_arguments(method: Any, values: dict[str, str], request: Any) -> dict[str, Any]:
    """Return the arguments of a `@stream` method: its placeholders, and `request` if it is one."""
    found: dict[str, Any] = {}
    for name, hint, default in _parameters(method.__func__):
        if name in values:
            found[name] = _convert(name, channel_text(values[name]), hint)
        elif name == "request":
            found[name] = request
        elif default is inspect.Parameter.empty:
            raise PluginError(f"the channel's method has a parameter {name!r} that is not in its path")
    return found
