"""A `CallResourceResponse` as it can be sent: what Python people put into one, converted or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plugin_sdk.errors import PluginError
from plugin_sdk.messages import CallResourceResponse, json_bytes

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def sendable(response: CallResourceResponse) -> CallResourceResponse:
    """Return the response with bytes as its body and a list of texts for each header.

    Raises:
        PluginError: status or headers are something else; the text says what is expected.
    """
    return CallResourceResponse(_status(response.status), _body(response.body), _headers(response.headers))


def _status(status: Any) -> int:
    if not isinstance(status, int) or isinstance(status, bool):
        raise PluginError(f"the response has the status {status!r}; expected a number such as 200")
    return int(status)


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode("utf-8", "replace")
    return bytes(body) if isinstance(body, bytes | bytearray | memoryview) else json_bytes(body)


def _headers(headers: Any) -> dict[str, list[str]]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers or ()
    found: dict[str, list[str]] = {}
    try:
        for name, values in pairs:
            if values is not None and _text(name).lower() not in _HOP_BY_HOP:
                found.setdefault(_text(name), []).extend(map(_text, _several(values)))
    except (TypeError, ValueError) as error:
        raise PluginError(f"the response's headers are {headers!r}; expected a dict of texts") from error
    return found


def _several(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list | tuple | set) else (values,)


def _text(value: Any) -> str:
    """Return a name or value of a header; protobuf takes no half of a surrogate pair."""
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()
