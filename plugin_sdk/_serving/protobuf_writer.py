"""QueryDataResponse, written by hand around frames that are already bytes.

protobuf copies each frame twice, into the message and out of it; here it is copied once. The fields are those
of pluginv2.proto; a test reads the result back with the message classes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class EncodedResponse(NamedTuple):
    """One query's response, ready to be sent: encoded frames, or an error with its status and source."""

    frames: Sequence[bytes] = ()
    error: str = ""
    status: int = 200
    error_source: str = ""
    json_format: bool = False


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field_parts(tag: int, value: bytes) -> tuple[bytes, bytes]:
    return bytes((tag << 3 | 2,)) + _varint(len(value)), value


def bytes_field(number: int, value: bytes) -> bytes:
    """Return a length-delimited field of a message; `number` is at most 15."""
    return b"".join(_field_parts(number, value))


def _data_response(response: EncodedResponse) -> list[bytes]:
    parts: list[bytes] = []
    for frame in response.frames:
        parts += _field_parts(1, frame)
    if response.error:
        parts += _field_parts(2, response.error.encode())
    parts.append(b"\x20" + _varint(response.status))
    if response.error_source:
        parts += _field_parts(5, response.error_source.encode())
    if response.json_format:
        parts.append(b"\x30\x01")
    return parts


def query_data_response(responses: Iterable[tuple[str, EncodedResponse]]) -> bytes:
    """Return the serialised QueryDataResponse."""
    out: list[bytes] = []
    for ref_id, response in responses:
        key = bytes_field(1, ref_id.encode())
        body = _data_response(response)
        size = sum(map(len, body))
        head = b"\x12" + _varint(size)
        out.append(b"\x0a" + _varint(len(key) + len(head) + size) + key + head)
        out += body
    return b"".join(out)
