"""Server reflection, by which tools such as grpcurl list and call the services; Go plugins have it too.

Its messages have few fields, so they are read and written as bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from plugin_sdk._serving.protobuf_writer import bytes_field

METHODS = tuple(
    f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo" for version in ("v1", "v1alpha")
)

_FILE_BY_NAME, _FILE_CONTAINING_SYMBOL, _LIST_SERVICES = 3, 4, 7
_NOT_FOUND = b"\x08\x05"


def reflection(names: Callable[[], list[str]]) -> Callable[[Iterable[bytes], Any], Iterator[bytes]]:
    """Return the behaviour of ServerReflectionInfo for a server with these services."""

    def behavior(requests: Iterable[bytes], _context: Any) -> Iterator[bytes]:
        for request in requests:
            yield bytes_field(2, request) + _response(request, names)

    return behavior


def _response(request: bytes, names: Callable[[], list[str]]) -> bytes:
    from plugin_sdk._proto.pluginv2_descriptor import SERIALIZED

    kind, value = _query(request)
    if kind == _LIST_SERVICES:
        return bytes_field(6, b"".join(bytes_field(1, bytes_field(1, name.encode())) for name in names()))
    known = value == b"pluginv2.proto" if kind == _FILE_BY_NAME else value.startswith(b"pluginv2.")
    if kind in (_FILE_BY_NAME, _FILE_CONTAINING_SYMBOL) and known:
        return bytes_field(4, bytes_field(1, SERIALIZED))
    return bytes_field(7, _NOT_FOUND + bytes_field(2, b"no description of " + value))


def _query(request: bytes) -> tuple[int, bytes]:
    """Return the number and value of the field with the query; every field of the message is text."""
    at, found = 0, (0, b"")
    while at < len(request):
        number = request[at] >> 3
        size, at = _varint(request, at + 1)
        if number != 1:  # the host's name
            found = number, request[at : at + size]
        at += size
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at
