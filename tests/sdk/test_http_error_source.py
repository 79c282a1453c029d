from __future__ import annotations

import io
import urllib.error
from email.message import Message

import httpx
import pytest
import requests

from plugin_sdk.errors import ErrorSource, source_of


def raised_by_httpx(status: int) -> Exception:
    request = httpx.Request("GET", "http://api.example/")
    return httpx.HTTPStatusError("bad", request=request, response=httpx.Response(status, request=request))


def raised_by_requests(status: int) -> Exception:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError("bad", response=response)


def raised_by_urllib(status: int) -> Exception:
    error = urllib.error.HTTPError("http://api.example/", status, "bad", Message(), io.BytesIO())
    error.close()
    return error


@pytest.mark.parametrize("library", [raised_by_httpx, raised_by_requests, raised_by_urllib])
@pytest.mark.parametrize(
    ("status", "source"),
    [(403, ErrorSource.DOWNSTREAM), (500, ErrorSource.DOWNSTREAM), (405, ErrorSource.PLUGIN)],
)
def test_the_status_of_a_response_decides_the_source(
    library: object, status: int, source: ErrorSource
) -> None:
    assert callable(library)
    assert source_of(library(status)) is source
