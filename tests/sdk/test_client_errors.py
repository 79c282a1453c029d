"""Whose fault an error is, by one rule for the client libraries of other systems."""

from __future__ import annotations

import asyncio
import errno
import gzip
import http.client
import json
import socket
import sqlite3
import ssl
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
import httpx
import pytest
import requests
from pydantic import BaseModel

from plugin_sdk import DataQuery, DataSource, DownstreamError, ErrorSource, PluginError
from plugin_sdk.data.macros import Span, expand
from plugin_sdk.errors import source_of, status_of, text_of
from plugin_sdk.testing import in_process, settings

# An error keeps its socket open until the error is collected.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
PLUGIN, DOWNSTREAM = ErrorSource.PLUGIN, ErrorSource.DOWNSTREAM


class Service(ThreadingHTTPServer):
    """A service that responds with the status in the path, or with broken HTTP."""

    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        what = self.path.partition("?")[0].strip("/")
        self.send_response(int(what) if what.isdigit() else 200)
        if what == "truncated":
            self.send_header("Content-Length", "100")
        if what == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = Service(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def call_nobody() -> None:
    channel: Any = grpc.insecure_channel(f"127.0.0.1:{closed_port()}")
    channel.unary_unary("/a/b")(b"", timeout=9)


def raised(work: Callable[[], Any]) -> BaseException:
    try:
        work()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


# The status and source of what real clients raise at a real service.
REAL: dict[str, tuple[Callable[[str], Any], int, ErrorSource]] = {
    "httpx 401": (lambda url: httpx.get(f"{url}/401").raise_for_status(), 401, DOWNSTREAM),
    "httpx 404": (lambda url: httpx.get(f"{url}/404").raise_for_status(), 404, DOWNSTREAM),
    "httpx 405": (lambda url: httpx.get(f"{url}/405").raise_for_status(), 500, PLUGIN),
    "httpx 503": (lambda url: httpx.get(f"{url}/503").raise_for_status(), 503, DOWNSTREAM),
    "httpx refused": (lambda _: httpx.get(f"http://127.0.0.1:{closed_port()}"), 502, DOWNSTREAM),
    "httpx no host": (lambda _: httpx.get("http://no-such-host.invalid"), 502, DOWNSTREAM),
    "httpx truncated": (lambda url: httpx.get(f"{url}/truncated"), 502, DOWNSTREAM),
    "httpx no gzip": (lambda url: httpx.get(f"{url}/gzip"), 502, DOWNSTREAM),
    "httpx no JSON": (lambda url: httpx.get(f"{url}/200").json(), 502, DOWNSTREAM),
    "httpx no TLS": (lambda url: httpx.get(url.replace("http:", "https:")), 502, DOWNSTREAM),
    "httpx bad address": (lambda _: httpx.get("http://[::1"), 500, PLUGIN),
    "requests 403": (lambda url: requests.get(f"{url}/403", timeout=9).raise_for_status(), 403, DOWNSTREAM),
    "requests 429": (lambda url: requests.get(f"{url}/429", timeout=9).raise_for_status(), 429, DOWNSTREAM),
    "requests refused": (
        lambda _: requests.get(f"http://127.0.0.1:{closed_port()}", timeout=9),
        502,
        DOWNSTREAM,
    ),
    "requests truncated": (lambda url: requests.get(f"{url}/truncated", timeout=9), 502, DOWNSTREAM),
    "requests no gzip": (lambda url: requests.get(f"{url}/gzip", timeout=9), 502, DOWNSTREAM),
    "requests no JSON": (lambda url: requests.get(f"{url}/200", timeout=9).json(), 502, DOWNSTREAM),
    "requests no TLS": (lambda url: requests.get(url.replace("http:", "https:"), timeout=9), 502, DOWNSTREAM),
    "requests no scheme": (lambda _: requests.get("example.org", timeout=9), 500, PLUGIN),
    "urllib 500": (lambda url: urllib.request.urlopen(f"{url}/500"), 500, DOWNSTREAM),
    "urllib refused": (
        lambda _: urllib.request.urlopen(f"http://127.0.0.1:{closed_port()}"),
        502,
        DOWNSTREAM,
    ),
    "urllib truncated": (lambda url: urllib.request.urlopen(f"{url}/truncated").read(), 502, DOWNSTREAM),
    "socket refused": (lambda _: socket.create_connection(("127.0.0.1", closed_port())), 502, DOWNSTREAM),
    "json": (lambda _: json.loads("<html>"), 502, DOWNSTREAM),
    "gzip": (lambda _: gzip.decompress(b"<html>"), 502, DOWNSTREAM),
    "zlib": (lambda _: zlib.decompress(b"<html>"), 502, DOWNSTREAM),
    "sqlite syntax": (lambda _: sqlite3.connect(":memory:").execute("SELEC 1"), 400, DOWNSTREAM),
    "sqlite no table": (lambda _: sqlite3.connect(":memory:").execute("SELECT * FROM t"), 400, DOWNSTREAM),
    "sqlite no file": (lambda _: sqlite3.connect("/no/such/folder/file.db"), 502, DOWNSTREAM),
    "sqlite misuse": (lambda _: sqlite3.connect(":memory:").execute("SELECT ?"), 500, PLUGIN),
    "grpc refused": (
        lambda _: call_nobody(),
        502,
        DOWNSTREAM,
    ),
}


@pytest.mark.parametrize("name", REAL)
def test_what_clients_raise_has_a_status_and_a_source(name: str, url: str) -> None:
    work, status, source = REAL[name]

    error = raised(lambda: work(url))

    assert (status_of(error), source_of(error)) == (status, source), repr(error)


def _made(module: str, name: str, *bases: type, **attributes: Any) -> BaseException:
    """Return an error like that of a library that is not installed here."""
    kind = type(name, bases or (Exception,), {"__module__": module})
    error: BaseException = kind(*attributes.pop("args", ("why",)))
    for attribute, value in attributes.items():
        setattr(error, attribute, value)
    return error


class _Response:
    status_code = 404


# Errors like those of the libraries, by module, name and attributes.
OTHERS: dict[str, tuple[BaseException, int, ErrorSource]] = {
    "psycopg refused": (_made("psycopg", "OperationalError"), 502, DOWNSTREAM),
    "psycopg login": (_made("psycopg.errors", "InvalidPassword", sqlstate="28P01"), 401, DOWNSTREAM),
    "psycopg syntax": (_made("psycopg.errors", "SyntaxError", sqlstate="42601"), 400, DOWNSTREAM),
    "psycopg rights": (_made("psycopg.errors", "InsufficientPrivilege", sqlstate="42501"), 403, DOWNSTREAM),
    "psycopg cancelled": (_made("psycopg.errors", "QueryCanceled", sqlstate="57014"), 504, DOWNSTREAM),
    "psycopg2 syntax": (_made("psycopg2.errors", "UndefinedTable", pgcode="42P01"), 400, DOWNSTREAM),
    "asyncpg value": (_made("asyncpg.exceptions", "DataError", sqlstate="22003"), 400, DOWNSTREAM),
    "pymysql login": (_made("pymysql.err", "OperationalError", args=(1045, "denied")), 401, DOWNSTREAM),
    "pymysql syntax": (_made("pymysql.err", "ProgrammingError", args=(1064, "syntax")), 400, DOWNSTREAM),
    "pymysql gone": (_made("pymysql.err", "OperationalError", args=(2006, "gone")), 502, DOWNSTREAM),
    "pymysql unsupported": (_made("pymysql.err", "NotSupportedError"), 500, PLUGIN),
    "mysql connector": (_made("mysql.connector.errors", "InterfaceError"), 502, DOWNSTREAM),
    "SQLAlchemy around sqlite": (
        _made("sqlalchemy.exc", "OperationalError", orig=raised(lambda: sqlite3.connect("/no/such/f.db"))),
        502,
        DOWNSTREAM,
    ),
    "SQLAlchemy around a syntax error": (
        _made("sqlalchemy.exc", "ProgrammingError", orig=_made("psycopg.errors", "X", sqlstate="42601")),
        400,
        DOWNSTREAM,
    ),
    "SQLAlchemy pool": (_made("sqlalchemy.exc", "TimeoutError"), 504, DOWNSTREAM),
    "SQLAlchemy misuse": (_made("sqlalchemy.exc", "ArgumentError"), 500, PLUGIN),
    "pyodbc": (_made("pyodbc", "OperationalError"), 502, DOWNSTREAM),
    "oracledb": (_made("oracledb.exceptions", "DatabaseError"), 502, DOWNSTREAM),
    "duckdb": (_made("duckdb", "ParserException"), 400, DOWNSTREAM),
    "botocore throttled": (
        _made("botocore.exceptions", "ClientError", response={"ResponseMetadata": {"HTTPStatusCode": 429}}),
        429,
        DOWNSTREAM,
    ),
    "botocore credentials": (_made("botocore.exceptions", "NoCredentialsError"), 401, DOWNSTREAM),
    "botocore unreachable": (_made("botocore.exceptions", "EndpointConnectionError"), 502, DOWNSTREAM),
    "botocore timeout": (_made("botocore.exceptions", "ConnectTimeoutError"), 504, DOWNSTREAM),
    "botocore misuse": (_made("botocore.exceptions", "ParamValidationError"), 500, PLUGIN),
    "azure": (_made("azure.core.exceptions", "HttpResponseError", status_code=403), 403, DOWNSTREAM),
    "google": (_made("google.api_core.exceptions", "NotFound", code=404), 404, DOWNSTREAM),
    "google's other": (_made("google.protobuf.message", "EncodeError"), 500, PLUGIN),
    "elasticsearch": (
        _made("elasticsearch", "NotFoundError", meta=type("M", (), {"status": 404})()),
        404,
        DOWNSTREAM,
    ),
    "influxdb": (_made("influxdb_client.rest", "ApiException", status=401), 401, DOWNSTREAM),
    "influxdb 3": (_made("influxdb_client_3.exceptions", "InfluxDB3ClientError"), 502, DOWNSTREAM),
    "a wrapper of httpx": (_made("gitlab.exceptions", "GitlabError", response=_Response()), 404, DOWNSTREAM),
    "redis": (_made("redis.exceptions", "ResponseError"), 502, DOWNSTREAM),
    "redis login": (_made("redis.exceptions", "AuthenticationError"), 401, DOWNSTREAM),
    "mongo": (_made("pymongo.errors", "ServerSelectionTimeoutError"), 504, DOWNSTREAM),
    "aiohttp payload": (_made("aiohttp.client_exceptions", "ClientPayloadError"), 502, DOWNSTREAM),
    "aiohttp status": (
        _made("aiohttp.client_exceptions", "ClientResponseError", status=503),
        503,
        DOWNSTREAM,
    ),
    "urllib3": (_made("urllib3.exceptions", "MaxRetryError"), 502, DOWNSTREAM),
    "websockets": (_made("websockets.exceptions", "ConnectionClosedError"), 502, DOWNSTREAM),
    "a subclass in the plugin": (
        _made("weather.errors", "ApiError", type(_made("requests.exceptions", "RequestException"))),
        502,
        DOWNSTREAM,
    ),
    "TLS": (ssl.SSLError("wrong version"), 502, DOWNSTREAM),
    "host unreachable": (OSError(errno.EHOSTUNREACH, "No route to host"), 502, DOWNSTREAM),
    "network unreachable": (OSError(errno.ENETUNREACH, "Network is unreachable"), 502, DOWNSTREAM),
    "incomplete": (http.client.IncompleteRead(b"", 9), 502, DOWNSTREAM),
    "incomplete of asyncio": (asyncio.IncompleteReadError(b"", 9), 502, DOWNSTREAM),
    "no such file": (FileNotFoundError(2, "No such file"), 500, PLUGIN),
    "disk full": (OSError(errno.ENOSPC, "No space left"), 500, PLUGIN),
    "a bug": (KeyError("time"), 500, PLUGIN),
    "a bug of numpy": (_made("numpy.exceptions", "AxisError", ValueError), 500, PLUGIN),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_other_libraries_raise_has_a_status_and_a_source(name: str) -> None:
    error, status, source = OTHERS[name]

    assert (status_of(error), source_of(error)) == (status, source)


CANCELLED = asyncio.CancelledError()
GROUPS: dict[str, tuple[BaseException, str, int, ErrorSource]] = {
    "one": (ExceptionGroup("g", [DownstreamError("down", status=503)]), "down", 503, DOWNSTREAM),
    "one of the plugin's": (ExceptionGroup("g", [PluginError("no", status=404)]), "no", 404, PLUGIN),
    "nested": (ExceptionGroup("g", [ExceptionGroup("h", [DownstreamError("down")])]), "down", 500, DOWNSTREAM),
    "beside a bug": (ExceptionGroup("g", [KeyError("x"), DownstreamError("down", status=503)]), "down", 503, DOWNSTREAM),
    "beside cancelled": (BaseExceptionGroup("g", [CANCELLED, PluginError("no")]), "no", 500, PLUGIN),
    "one that was not meant": (ExceptionGroup("g", [KeyError("x")]), "KeyError: 'x'", 500, PLUGIN),
    "one of a client": (ExceptionGroup("g", [ConnectionResetError("gone")]), "ConnectionResetError: gone", 502, DOWNSTREAM),
    "several alike": (ExceptionGroup("g", [TimeoutError("a"), TimeoutError("b")]), "TimeoutError: a; TimeoutError: b", 504, DOWNSTREAM),
    "several unlike": (ExceptionGroup("g", [TimeoutError("a"), KeyError("b")]), "TimeoutError: a; KeyError: 'b'", 504, PLUGIN),
    "several that were meant": (ExceptionGroup("g", [DownstreamError("a"), DownstreamError("b")]), "a; b", 500, DOWNSTREAM),
}  # fmt: skip


def raising(make: Callable[[], BaseException], **attributes: Any) -> type:
    class Raising(DataSource[dict[str, Any], dict[str, Any]]):
        async def query(self, query: DataQuery[dict[str, Any]]) -> Any:
            raise make()

    return Raising


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_stands_for_the_error_that_was_meant(name: str) -> None:
    group, text, status, source = GROUPS[name]

    with in_process(raising(lambda: group)) as client:
        result = client.query_data([{}], settings())["A"]

    assert (result.error, result.status, result.error_source) == (text, status, source)


def test_a_task_group_keeps_the_sentence() -> None:
    class Tasks(DataSource[dict[str, Any], dict[str, Any]]):
        async def query(self, query: DataQuery[dict[str, Any]]) -> Any:
            async def fails() -> None:
                raise DownstreamError("station is closed", status=404)

            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                group.create_task(asyncio.sleep(60))

    with in_process(Tasks) as client:
        result = client.query_data([{}], settings())["A"]

    assert (result.error, result.status, result.error_source) == ("station is closed", 404, DOWNSTREAM)


SENTENCES = {
    401: "the service 127.0.0.1 refused the login (401 Unauthorized); check the credentials in the data source's "
    "settings",
    403: "the service 127.0.0.1 refused access (403 Forbidden); check what the data source's credentials may do",
    404: "the service 127.0.0.1 responded 404 Not Found",
    429: "the service 127.0.0.1 accepts no more requests for now (429 Too Many Requests); try again later, or "
    "send fewer requests",
    503: "the service 127.0.0.1 responded 503 Service Unavailable",
}
GETTERS: dict[str, Callable[[str], Any]] = {
    "httpx": lambda url: httpx.get(url).raise_for_status(),
    "requests": lambda url: requests.get(url, timeout=9).raise_for_status(),
    "urllib": urllib.request.urlopen,
}


@pytest.mark.parametrize("library", GETTERS)
@pytest.mark.parametrize("status", SENTENCES)
def test_a_refusal_of_a_service_is_a_sentence(url: str, library: str, status: int) -> None:
    error = raised(lambda: GETTERS[library](f"{url}/{status}?api_key=unknown-to-us"))

    assert text_of(error) == SENTENCES[status]


class Strict(BaseModel):
    station: str
    limit: int = 3


class Panel(DataSource[dict[str, Any], Strict]):
    def query(self, query: DataQuery[Strict]) -> Any:
        expand(query.model.station, Span(0, 1))
        return []


# Text that a user typed in a panel, or that an older version stored: the user can fix it.
STORED: dict[str, dict[str, Any]] = {
    "missing": {},
    "null": {"station": None},
    "of another type": {"station": ["berlin"]},
    "a number as text": {"station": "berlin", "limit": "many"},
    "an unknown macro": {"station": "$__timeFiler(at)"},
    "a macro without arguments": {"station": "$__timeFilter"},
    "a bracket left open": {"station": "$__timeFilter(at"},
    "a bad interval": {"station": "$__timeGroup(at, 'often')"},
}


@pytest.mark.parametrize("name", STORED)
def test_a_query_that_does_not_fit_is_the_users(name: str) -> None:
    with in_process(Panel) as client:
        result = client.query_data([{"refId": "A", **STORED[name]}], settings())["A"]

    assert (result.status, result.error_source) == (400, DOWNSTREAM)
    assert "Error:" not in result.error
