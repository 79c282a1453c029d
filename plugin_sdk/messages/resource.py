"""HTTP requests to a data source, and their responses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugin_sdk._json_text import loads
from plugin_sdk.context import PluginContext
from plugin_sdk.messages._request import Request, never
from plugin_sdk.messages.headers import Headers


class Params(dict[str, str]):
    """The parameters of a query string: the last value of each name, and all of them.

    Examples:
        >>> Params([("tag", "a"), ("tag", "b")]).getlist("tag")
        ['a', 'b']
    """

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(pairs)
        self._pairs = tuple(pairs)

    def getlist(self, name: str) -> list[str]:
        """Return all values of a name in order; an empty list if it is absent."""
        return [value for key, value in self._pairs if key == name]

    def multi_items(self) -> list[tuple[str, str]]:
        """Return all pairs of name and value in order."""
        return list(self._pairs)


@dataclass(slots=True)
class CallResourceRequest(Request):
    """An HTTP request to `/api/datasources/uid/<uid>/resources/<path>` (Go: `backend.CallResourceRequest`).

    Attributes:
        path: without a leading slash.
        url: path and query string.
        http_headers: every header as a list of values.
    """

    context: PluginContext
    path: str
    method: str = "GET"
    url: str = ""
    http_headers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    body: bytes = b""
    is_cancelled: Callable[[], bool] = field(default=never, repr=False)

    @property
    def headers(self) -> Headers:  # type: ignore[override]  # derived: resources carry lists of values
        """The headers with the values of one name joined by a comma."""
        return Headers({name: ", ".join(values) for name, values in self.http_headers.items()})

    @property
    def query_string(self) -> str:
        """The part of `url` after the question mark."""
        return self.url.partition("?")[2]

    @property
    def params(self) -> Params:
        """The parameters of the query string by name; `getlist` returns all values of a name."""
        from urllib.parse import parse_qsl

        return Params(parse_qsl(self.query_string, keep_blank_values=True))

    def json(self) -> Any:
        """Return the body decoded from JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return loads(self.body)


@dataclass(slots=True)
class CallResourceResponse:
    """An HTTP response, or one part of a streamed one (Go SDK: `backend.CallResourceResponse`).

    The first part has status (100 to 999) and headers; later parts only a body.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, Sequence[str] | str] = field(default_factory=dict)

    @classmethod
    def of_json(cls, value: Any, status: int = 200) -> CallResourceResponse:
        """Return `value` as a JSON response.

        Raises:
            ValueError: it contains something that JSON cannot represent, such as NaN.
        """
        return cls(status, json_bytes(value), {"Content-Type": "application/json"})


def json_bytes(value: Any) -> bytes:
    """Return `value` as JSON: what Python people return, tables of pandas, polars and Arrow included.

    Raises:
        ValueError: something in it has no JSON, as NaN has none; the text says where it is.
    """
    from plugin_sdk.messages.to_json import encode

    return encode(value)
