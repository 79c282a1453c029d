from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel

from plugin_sdk import CallResourceRequest, DataSource, resource
from plugin_sdk.testing import PluginClient, in_process, settings

if TYPE_CHECKING:
    from decimal import Decimal


class Unit(StrEnum):
    CELSIUS = "c"


class Place(BaseModel):
    name: str
    height: float = 0


class Stations(DataSource[Any, Any]):
    @resource("GET", "/typed/{count}")
    def typed(
        self, count: int, unit: Unit = Unit.CELSIUS, flag: bool = False, top: float | None = None
    ) -> Any:
        return [count, unit, flag, top]

    @resource("GET", "/required")
    def required(self, region: str) -> Any:
        return region

    @resource("POST", "/place")
    def place(self, body: Place) -> Any:
        return body

    @resource("PUT", "/raw")
    def raw(self, body: Any) -> Any:
        return body

    @resource("GET", "/body")
    def body_parameter(self, body: str) -> Any:
        return body

    @resource("GET", "/any/{rest:path}")
    def rest(self, rest: str, whole: CallResourceRequest, kind: Literal["a", "b"] = "a") -> Any:
        return [rest, whole.path, kind]

    @resource("GET", "/fixed/one")
    def fixed(self) -> Any:
        return "fixed"

    @resource("GET", "/fixed/{name}")
    def named(self, name: str) -> Any:
        return name

    @resource("GET", "/untyped")
    def untyped(self, value="none") -> Any:  # type: ignore[no-untyped-def]
        return value

    @resource("GET", "/unresolved")
    def unresolved(self, value: Decimal) -> Any:
        return type(value).__name__

    @resource("GET", "/both")
    @resource("DELETE", "/other")
    def both(self, request: CallResourceRequest) -> Any:
        return request.method


@pytest.fixture(scope="module")
def client() -> Any:
    with in_process(Stations) as client:
        yield client


def call(client: PluginClient, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    response = client.call_resource(method, path, settings(), body=body)
    return response.status, json.loads(response.body)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "typed/3", b"", [3, "c", False, None]),
        ("GET", "/typed/3/?flag=true&top=1.5&unused=1", b"", [3, "c", True, 1.5]),
        ("GET", "required?region=north", b"", "north"),
        ("GET", "required?region=a%20b", b"", "a b"),
        ("POST", "place", b'{"name": "x", "height": "2"}', {"name": "x", "height": 2.0}),
        ("PUT", "raw", b"[1, null]", [1, None]),
        ("GET", "body?body=given", b"not read", "given"),
        ("GET", "any/a/b/c?kind=b", b"", ["a/b/c", "any/a/b/c", "b"]),
        ("GET", "fixed/one", b"", "fixed"),
        ("GET", "fixed/two", b"", "two"),
        ("GET", "untyped", b"", "none"),
        ("GET", "untyped?value=1", b"", "1"),
        ("GET", "unresolved?value=1", b"", "str"),
        ("GET", "both", b"", "GET"),
        ("delete", "other", b"", "delete"),
    ],
)
def test_a_route_is_called_with_what_its_parameters_name(
    client: PluginClient, method: str, path: str, body: bytes, expected: Any
) -> None:
    assert call(client, method, path, body) == (200, expected)


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("GET", "typed/x", b"", "count: Input should be a valid integer"),
        ("GET", "typed/1?unit=f", b"", "unit: Input should be 'c'"),
        ("GET", "required", b"", "the parameter 'region' is missing"),
        ("POST", "place", b"{", "the body is not JSON: "),
        ("POST", "place", b"{}", "body: Field required"),
        ("GET", "any/a?kind=c", b"", "kind: Input should be 'a' or 'b'"),
    ],
)
def test_an_invalid_request_is_400_with_the_reason(
    client: PluginClient, method: str, path: str, body: bytes, reason: str
) -> None:
    status, answer = call(client, method, path, body)

    assert status == 400
    assert answer["error"].startswith(reason)


@pytest.mark.parametrize("path", ["typed", "typed/1/2", "fixed", "fixed/", "any", "xfixed/one"])
def test_a_path_matches_as_a_whole(client: PluginClient, path: str) -> None:
    assert call(client, "GET", path)[0] == 404


def test_a_path_reached_with_another_routes_method_is_405(client: PluginClient) -> None:
    assert call(client, "POST", "fixed/two")[0] == 405
