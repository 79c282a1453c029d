from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from plugin_sdk import DataSource
from plugin_sdk._serving.services.goplugin import Stdio
from plugin_sdk._serving.services.reflection import METHODS
from tests.sdk.in_process_server import SECONDS, serving

LIST, BY_NAME, BY_SYMBOL, BY_EXTENSION = 7, 3, 4, 5


class Silent(DataSource[Any, Any]):
    pass


def field(number: int, value: bytes) -> bytes:
    assert len(value) < 128
    return bytes((number << 3 | 2, len(value))) + value


def parts(data: bytes) -> list[tuple[int, Any]]:
    """Read a message as its fields, each a number or bytes."""
    found: list[tuple[int, Any]] = []
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 0:
            found.append((tag >> 3, value))
            continue
        found.append((tag >> 3, data[at : at + value]))
        at += value
    assert at == len(data)
    return found


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def ask(*requests: bytes, method: str = METHODS[0]) -> list[dict[int, Any]]:
    with serving(Silent, stdio=Stdio()) as served:
        call = served.channel.stream_stream(method)
        return [dict(parts(answer)) for answer in call(iter(requests), timeout=SECONDS)]


@pytest.mark.parametrize("method", METHODS)
def test_services_are_listed_under_both_versions(method: str) -> None:
    (answer,) = ask(field(LIST, b"*"), method=method)
    names = [dict(parts(service))[1] for _, service in parts(answer[6])]

    assert {b"pluginv2.Data", b"pluginv2.Diagnostics", b"grpc.health.v1.Health"} <= set(names)
    assert names == sorted(names)


@pytest.mark.parametrize(
    "question", [field(BY_NAME, b"pluginv2.proto"), field(BY_SYMBOL, b"pluginv2.Data.QueryData")]
)
def test_the_protocol_descriptor_is_returned(question: bytes) -> None:
    (answer,) = ask(question)
    file = FileDescriptorProto.FromString(dict(parts(answer[4]))[1])

    assert file.package == "pluginv2"
    assert answer[2] == question


@pytest.mark.parametrize(
    "question",
    [field(BY_NAME, b"other.proto"), field(BY_SYMBOL, b"other.Data"), field(BY_EXTENSION, b"pluginv2."), b""],
)
def test_an_unknown_symbol_is_not_found(question: bytes) -> None:
    (answer,) = ask(question)

    assert dict(parts(answer[7]))[1] == 5  # gRPC's NOT_FOUND


def test_several_requests_are_served_in_turn_for_any_host() -> None:
    host = bytes((1 << 3 | 2, 0xC8, 0x01)) + b"h" * 200  # a length of two bytes
    answers = ask(host + field(LIST, b""), field(BY_NAME, b"pluginv2.proto") + field(1, b"h"))

    assert [sorted(answer)[-1] for answer in answers] == [6, 4]


def test_a_truncated_request_is_handled() -> None:
    (answer,) = ask(bytes((LIST << 3 | 2, 0x80)))

    assert sorted(answer) == [2, 6]
