from __future__ import annotations

import asyncio
import concurrent.futures
import socket
import ssl
import urllib.error
from typing import Any

import httpx
import pytest
import requests

from plugin_sdk.errors import (
    DownstreamError,
    ErrorSource,
    PluginError,
    clean_text,
    source_of,
    source_of_http_status,
    status_of,
    text_of,
)

PLUGIN, DOWNSTREAM = ErrorSource.PLUGIN, ErrorSource.DOWNSTREAM


def caused(error: BaseException, cause: BaseException) -> BaseException:
    try:
        raise error from cause
    except BaseException as raised:
        return raised


def during(error: BaseException, other: BaseException) -> BaseException:
    try:
        try:
            raise other
        except BaseException:
            raise error  # noqa: B904  # what is tested: the context, not the cause
    except BaseException as raised:
        return raised


def suppressed(error: BaseException, other: BaseException) -> BaseException:
    try:
        try:
            raise other
        except BaseException:
            raise error from None
    except BaseException as raised:
        return raised


def looped() -> BaseException:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    return first


class PoolTimeout(Exception):
    """An error as a driver may name it."""


class ClientConnectionError(Exception):
    """An error as aiohttp names it."""


ClientConnectionError.__module__ = "aiohttp.client_exceptions"


class ClientResponseError(Exception):
    """An error as aiohttp names it."""

    def __init__(self, status: int) -> None:
        self.status = status


ClientResponseError.__module__ = "aiohttp.client_exceptions"
REQUEST = httpx.Request("GET", "http://api.example/")


@pytest.mark.parametrize(
    ("error", "source", "status"),
    [
        (PluginError("x"), PLUGIN, 500),
        (PluginError("x", status=404), PLUGIN, 404),
        (PluginError("x", source=DOWNSTREAM), DOWNSTREAM, 500),
        (DownstreamError("x", status=503), DOWNSTREAM, 503),
        (DownstreamError("x", source=PLUGIN), PLUGIN, 500),
        (KeyError("x"), PLUGIN, 500),
        (TimeoutError(), DOWNSTREAM, 504),
        (PoolTimeout(), DOWNSTREAM, 504),
        (httpx.ReadTimeout("x", request=REQUEST), DOWNSTREAM, 504),
        (ConnectionRefusedError(), DOWNSTREAM, 502),
        (socket.gaierror(-2, "Name or service not known"), DOWNSTREAM, 502),
        (ssl.SSLCertVerificationError("self-signed"), DOWNSTREAM, 502),
        (httpx.ConnectError("x", request=REQUEST), DOWNSTREAM, 502),
        (requests.ConnectionError(), DOWNSTREAM, 502),
        (ClientConnectionError(), DOWNSTREAM, 502),
        (ClientResponseError(500), DOWNSTREAM, 500),
        (ClientResponseError(413), PLUGIN, 500),
        (urllib.error.URLError("refused"), DOWNSTREAM, 502),
        (httpx.UnsupportedProtocol("x", request=REQUEST), DOWNSTREAM, 502),
        (httpx.InvalidURL("x"), PLUGIN, 500),
        (requests.exceptions.InvalidURL("x"), PLUGIN, 500),
        (PermissionError(), PLUGIN, 401),
        (asyncio.CancelledError(), DOWNSTREAM, 500),
        (concurrent.futures.CancelledError(), DOWNSTREAM, 500),
        (caused(ValueError("x"), DownstreamError("y", status=418)), DOWNSTREAM, 418),
        (caused(ValueError("x"), TimeoutError()), DOWNSTREAM, 504),
        (during(KeyError("x"), ConnectionResetError()), DOWNSTREAM, 502),
        (suppressed(KeyError("x"), ConnectionResetError()), PLUGIN, 500),
        (caused(PluginError("mine"), TimeoutError()), PLUGIN, 504),
        (caused(DownstreamError("outer"), PluginError("inner", status=400)), DOWNSTREAM, 400),
        (looped(), PLUGIN, 500),
    ],
    ids=lambda value: repr(value) if isinstance(value, BaseException) else str(value),
)
def test_an_error_has_a_source_and_a_status(error: BaseException, source: ErrorSource, status: int) -> None:
    assert (source_of(error), status_of(error)) == (source, status)


@pytest.mark.parametrize(
    ("status", "source"),
    [
        (400, DOWNSTREAM),
        (401, DOWNSTREAM),
        (404, DOWNSTREAM),
        (405, PLUGIN),
        (406, PLUGIN),
        (408, DOWNSTREAM),
        (412, PLUGIN),
        (413, PLUGIN),
        (414, PLUGIN),
        (415, DOWNSTREAM),
        (416, PLUGIN),
        (417, PLUGIN),
        (426, PLUGIN),
        (429, DOWNSTREAM),
        (431, PLUGIN),
        (500, DOWNSTREAM),
        (501, PLUGIN),
        (503, DOWNSTREAM),
    ],
)
def test_an_http_status_has_the_source_that_the_go_sdk_gives_it(status: int, source: ErrorSource) -> None:
    assert source_of_http_status(status) is source


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PluginError("as it is"), "as it is"),
        (ValueError("as it is"), "as it is"),
        (ValueError(), "ValueError"),
        (KeyError("x"), "KeyError: 'x'"),
        (RuntimeError("why"), "RuntimeError: why"),
        (TimeoutError(), "TimeoutError"),
        (PluginError(""), "PluginError"),
        (PluginError("bad \ud800"), "bad ?"),
    ],
)
def test_the_text_of_an_error_is_readable_and_encodable(error: Any, text: str) -> None:
    assert text_of(error) == text


def test_clean_text_does_not_change_valid_text() -> None:
    assert clean_text("é漢😀") == "é漢😀"
