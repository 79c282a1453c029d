from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from plugin_sdk.routing import compile_path, find_route, resource, resource_routes, stream, stream_routes


class Base:
    @resource("GET", "/stations/{region}")
    def stations(self, region: str) -> None: ...

    @resource("GET|post", "/inherited")
    def inherited(self) -> None: ...

    @stream("cpu/{host}")
    def cpu(self, host: str) -> Iterator[Any]:
        yield host

    not_callable = 3


class Derived(Base):
    @resource("GET", "/stations/all")
    def all_stations(self) -> None: ...

    @resource("GET", "/files/{path:path}")
    def files(self, path: str) -> None: ...

    @stream("cpu/total")
    @stream("total")
    def total(self) -> Iterator[Any]:
        yield 1


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("stations/north", "stations", {"region": "north"}),
        ("/stations/north/", "stations", {"region": "north"}),
        ("stations/all", "all_stations", {}),
        ("files/a/b.txt", "files", {"path": "a/b.txt"}),
        ("inherited", "inherited", {}),
    ],
)
def test_the_most_specific_path_is_found_first(path: str, name: str, values: dict[str, str]) -> None:
    route, found = find_route(resource_routes(Derived), path)[0]

    assert (route.name, found) == (name, values)


@pytest.mark.parametrize("path", ["", "stations", "stations/a/b", "files", "stationsx/a", "inherited/x"])
def test_an_unknown_path_is_not_found(path: str) -> None:
    assert find_route(resource_routes(Derived), path) == []


def test_methods_of_the_decorator_are_upper_case() -> None:
    (route,) = [route for route in resource_routes(Derived) if route.name == "inherited"]

    assert route.methods == {"GET", "POST"}


def test_channels_are_found_like_resources() -> None:
    channels = stream_routes(Derived)

    assert [route.path for route in channels if route.name == "total"] == ["cpu/total", "total"]
    assert find_route(channels, "cpu/total")[0][0].name == "total"
    assert find_route(channels, "cpu/web1")[0][1] == {"host": "web1"}
    assert stream_routes(object) == []


def test_an_unknown_http_method_is_refused_by_the_decorator() -> None:
    with pytest.raises(ValueError, match=r"@resource: \['FETCH'\] is not among the HTTP methods GET, POST"):
        resource("GET|FETCH", "/a")


def test_special_characters_in_paths_are_literal() -> None:
    pattern = compile_path("/a.b+{name}(c)")

    assert pattern.fullmatch("a.b+x(c)") is not None
    assert pattern.fullmatch("aXb+x(c)") is None
