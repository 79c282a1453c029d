"""Resources and channels by path: the decorators for authors, and the routes they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from plugin_sdk.channel_names import check_channel

F = TypeVar("F", bound=Callable[..., Any])

_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)(:path)?\}")
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def compile_path(path: str) -> re.Pattern[str]:
    """Return the pattern of a path such as `/stations/{id}`; `{rest:path}` also matches slashes."""
    pattern, at = "", 0
    clean = path.strip("/")
    for match in _PLACEHOLDER.finditer(clean):
        pattern += re.escape(clean[at : match.start()])
        pattern += f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"
        at = match.end()
    return re.compile(pattern + re.escape(clean[at:]))


@dataclass(frozen=True)
class Route:
    """One path of a decorated method: HTTP methods, pattern, and the method's name."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    path: str
    name: str


def resource(method: str, path: str) -> Callable[[F], F]:
    """Serve `/api/datasources/uid/<uid>/resources/<path>` with a method of the data source.

    Names in braces become arguments; parameters of the query string fill the other arguments by name, and an
    argument of type `list` receives every value of its name. An argument `request` receives the
    `CallResourceRequest`. The return value becomes JSON (models, dataclasses, numpy, tables as rows); bytes
    and a `CallResourceResponse` are sent unchanged, and a generator is streamed.

    Args:
        method: an HTTP method, or several as `"GET|POST"`.
        path: e.g. `"/stations/{region}"`.

    Raises:
        ValueError: the method is not an HTTP method.

    Examples:
        >>> @resource("GET", "/stations/{region}")
        ... def stations(self, region: str) -> list[str]:
        ...     return ["berlin"]
    """
    methods = frozenset(part.strip().upper() for part in method.split("|"))
    unknown = methods - set(_METHODS)
    if unknown:
        raise ValueError(f"@resource: {sorted(unknown)} is not among the HTTP methods {', '.join(_METHODS)}")

    def mark(function: F) -> F:
        routes = [*getattr(function, "__resource_routes__", ()), (methods, path)]
        function.__resource_routes__ = routes  # type: ignore[attr-defined]
        return function

    return mark


def stream(path: str) -> Callable[[F], F]:
    """Serve the channel `ds/<uid>/<path>` with a generator method, sync or async.

    Each value it yields is sent to every subscriber: a Frame (with its schema the first time and when it
    changes; who subscribes later is given it), or anything that JSON can represent. Names in braces become
    arguments, decoded if `channel_name` made them; an argument `request` receives the `RunStreamRequest`.
    The generator runs once for all subscribers, and is closed when the last one leaves.

    Raises:
        ValueError: the path holds a character that Grafana refuses in channels.

    Examples:
        >>> @stream("cpu/{host}")
        ... async def cpu(self, host: str):
        ...     yield {"value": 1}
    """
    check_channel(_PLACEHOLDER.sub("x", path.strip("/")))

    def mark(function: F) -> F:
        function.__stream_paths__ = [*getattr(function, "__stream_paths__", ()), path]  # type: ignore[attr-defined]
        return function

    return mark


def _decorated(cls: type) -> Iterator[tuple[str, Any]]:
    for name in dir(cls):
        member = getattr(cls, name, None)
        if callable(member):
            yield name, member


def resource_routes(cls: type) -> list[Route]:
    """Return the resource routes of a class, its bases included; fixed paths come before placeholders."""
    routes = [
        Route(methods, compile_path(path), path, name)
        for name, member in _decorated(cls)
        for methods, path in getattr(member, "__resource_routes__", ())
    ]
    return sorted(routes, key=lambda route: (route.path.count("{"), -len(route.path)))


def stream_routes(cls: type) -> list[Route]:
    """Return the channels of a class, its bases included; fixed paths come before placeholders."""
    routes = [
        Route(frozenset(), compile_path(path), path, name)
        for name, member in _decorated(cls)
        for path in getattr(member, "__stream_paths__", ())
    ]
    return sorted(routes, key=lambda route: (route.path.count("{"), -len(route.path)))


def find_route(routes: list[Route], path: str) -> list[tuple[Route, dict[str, str]]]:
    """Return the routes that match a path, with the values of their placeholders."""
    clean = path.strip("/")
    return [(route, match.groupdict()) for route in routes if (match := route.pattern.fullmatch(clean))]
