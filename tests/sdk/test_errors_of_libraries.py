"""What libraries raise, as it was seen of them: codes of databases, causes, groups, data that was cut short."""

from __future__ import annotations

import asyncio
import base64
import bz2
import csv
import io
import json
import lzma
import poplib
import sqlite3
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from xml import sax
from xml.etree import ElementTree

import grpc
import httpx
import pandas as pd
import pytest
import urllib3
from google.protobuf.struct_pb2 import Struct

from plugin_sdk import DownstreamError, ErrorSource
from plugin_sdk.errors import source_of, status_of, text_of
from tests.sdk.test_client_errors import _made as made
from tests.sdk.test_client_errors import raised

PLUGIN, DOWNSTREAM = ErrorSource.PLUGIN, ErrorSource.DOWNSTREAM


def oracle(number: int) -> BaseException:
    return made("oracledb.exceptions", "DatabaseError", args=(SimpleNamespace(code=number),))


def postgres(state: str, name: str = "OperationalError") -> BaseException:
    return made("psycopg.errors", name, sqlstate=state)


def odbc(state: str) -> BaseException:
    return made("pyodbc", "Error", args=(state, f"[{state}] why"))


def mysql(number: int) -> BaseException:
    return made("pymysql.err", "OperationalError", args=(number, "why"))


def duckdb(name: str, base: str) -> BaseException:
    error = type("Error", (Exception,), {"__module__": "_duckdb"})
    driver = type("DatabaseError", (error,), {"__module__": "_duckdb"})
    return made("_duckdb", name, type(base, (driver,), {"__module__": "_duckdb"}))


def aws(code: str, status: int = 400) -> BaseException:
    error = {"Error": {"Code": code, "Message": "because"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return made("botocore.exceptions", "ClientError", response=error)


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def interrupted() -> None:
    with sqlite3.connect(":memory:", check_same_thread=False) as connection:
        endless = "WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT count(*) FROM r"
        again = threading.Event()

        def stop() -> None:
            while not again.wait(0.05):  # an interrupt before the query began is lost
                connection.interrupt()

        stopper = threading.Thread(target=stop)
        stopper.start()
        try:
            connection.execute(endless).fetchall()
        finally:
            again.set()
            stopper.join()


# An error, its status and its source.
ERRORS: dict[str, tuple[BaseException, int, ErrorSource]] = {
    # Codes of databases.
    "PostgreSQL does not support it": (postgres("0A000", "NotSupportedError"), 400, DOWNSTREAM),
    "PostgreSQL raised it": (postgres("P0001"), 400, DOWNSTREAM),
    "no such PostgreSQL database": (postgres("3D000"), 400, DOWNSTREAM),
    "too many rows of a PostgreSQL subquery": (postgres("21000"), 400, DOWNSTREAM),
    "PostgreSQL only reads": (postgres("25006"), 403, DOWNSTREAM),
    "a PostgreSQL lock": (postgres("55P03"), 504, DOWNSTREAM),
    "PostgreSQL is starting": (postgres("57P03"), 502, DOWNSTREAM),
    "PostgreSQL has no connection left": (postgres("53300"), 502, DOWNSTREAM),
    "Redshift": (made("redshift_connector.error", "ProgrammingError", args=({"C": "42501"},)), 403, DOWNSTREAM),
    "MySQL password": (mysql(1045), 401, DOWNSTREAM),
    "MySQL rights": (mysql(1142), 403, DOWNSTREAM),
    "MySQL limit of time": (mysql(3024), 504, DOWNSTREAM),
    "MariaDB limit of time": (mysql(1969), 504, DOWNSTREAM),
    "MySQL connector's rights": (made("mysql.connector.errors", "ProgrammingError", errno=1142, sqlstate="42000"), 403, DOWNSTREAM),
    "Oracle SQL": (oracle(942), 400, DOWNSTREAM),
    "Oracle value": (oracle(1722), 400, DOWNSTREAM),
    "Oracle password": (oracle(1017), 401, DOWNSTREAM),
    "Oracle rights": (oracle(1031), 403, DOWNSTREAM),
    "Oracle cancelled": (oracle(1013), 504, DOWNSTREAM),
    "Oracle unreachable": (oracle(12541), 502, DOWNSTREAM),
    "ODBC login": (odbc("28000"), 401, DOWNSTREAM),
    "ODBC table": (odbc("42S02"), 400, DOWNSTREAM),
    "ODBC timeout": (odbc("HYT00"), 504, DOWNSTREAM),
    "ODBC connection": (odbc("08001"), 502, DOWNSTREAM),
    "ODBC driver": (odbc("IM002"), 502, DOWNSTREAM),
    "DuckDB syntax": (duckdb("ParserException", "ProgrammingError"), 400, DOWNSTREAM),
    "DuckDB conversion": (duckdb("ConversionException", "DataError"), 400, DOWNSTREAM),
    "DuckDB file": (duckdb("IOException", "OperationalError"), 502, DOWNSTREAM),
    "ClickHouse password": (made("clickhouse_driver.errors", "ServerException", code=516), 401, DOWNSTREAM),
    "ClickHouse rights": (made("clickhouse_driver.errors", "ServerException", code=497), 403, DOWNSTREAM),
    "ClickHouse syntax": (made("clickhouse_driver.errors", "ServerException", code=62), 400, DOWNSTREAM),
    "ClickHouse number like a status": (made("clickhouse_driver.errors", "ServerException", code=404), 502, DOWNSTREAM),
    "MongoDB login": (made("pymongo.errors", "OperationFailure", code=18), 401, DOWNSTREAM),
    "MongoDB rights": (made("pymongo.errors", "OperationFailure", code=13), 403, DOWNSTREAM),
    "MongoDB query": (made("pymongo.errors", "OperationFailure", code=2), 400, DOWNSTREAM),
    "MongoDB number": (made("bson.errors", "InvalidId"), 400, DOWNSTREAM),
    "MongoDB misuse": (made("pymongo.errors", "ConfigurationError"), 500, PLUGIN),
    "SQLite interrupted": (raised(interrupted), 504, DOWNSTREAM),
    "SQLite too big": (raised(lambda: sqlite3.connect(":memory:").execute("SELECT zeroblob(2000000000)").fetchall()), 400, DOWNSTREAM),
    "a driver that is not listed": (made("libsql", "OperationalError", type("DatabaseError", (type("Error", (Exception,), {}),), {})), 502, DOWNSTREAM),
    "no such table of SQLAlchemy": (made("sqlalchemy.exc", "NoSuchTableError", type(made("sqlalchemy.exc", "InvalidRequestError"))), 400, DOWNSTREAM),
    "a parameter that SQLAlchemy misses": (made("sqlalchemy.exc", "StatementError", orig=made("sqlalchemy.exc", "InvalidRequestError")), 500, PLUGIN),
    "ADBC": (made("adbc_driver_manager", "ProgrammingError", type("DatabaseError", (type("Error", (Exception,), {}),), {})), 400, DOWNSTREAM),
    # Names.
    "Neo4j login": (made("neo4j.exceptions", "AuthError"), 401, DOWNSTREAM),
    "Neo4j rights": (made("neo4j.exceptions", "Forbidden"), 403, DOWNSTREAM),
    "Neo4j query": (made("neo4j.exceptions", "CypherSyntaxError"), 400, DOWNSTREAM),
    "Kafka rights": (made("kafka.errors", "TopicAuthorizationFailedError"), 403, DOWNSTREAM),
    "Kafka topic": (made("kafka.errors", "UnknownTopicOrPartitionError"), 400, DOWNSTREAM),
    "Kafka in C": (made("cimpl", "KafkaException"), 502, DOWNSTREAM),
    "Kafka misuse": (made("kafka.errors", "KafkaConfigurationError"), 500, PLUGIN),
    "OPC UA rights": (made("asyncua.ua.uaerrors", "BadUserAccessDenied", code=2149515264), 403, DOWNSTREAM),
    "OPC UA login": (made("asyncua.ua.uaerrors", "BadIdentityTokenRejected"), 401, DOWNSTREAM),
    "OPC UA node": (made("asyncua.ua.uaerrors", "BadNodeIdUnknown"), 400, DOWNSTREAM),
    "OPC UA timeout": (made("asyncua.ua.uaerrors", "BadTimeout"), 504, DOWNSTREAM),
    "Redis rights": (made("redis.exceptions", "NoPermissionError"), 403, DOWNSTREAM),
    "Cassandra query": (made("cassandra", "InvalidRequest"), 400, DOWNSTREAM),
    "Flight login": (made("pyarrow._flight", "FlightUnauthenticatedError"), 401, DOWNSTREAM),
    "Trino query": (made("trino.exceptions", "TrinoUserError", type("ProgrammingError", (Exception,), {})), 400, DOWNSTREAM),
    "curl": (made("pycurl", "error", args=(7, "refused")), 502, DOWNSTREAM),
    "XML-RPC": (made("xmlrpc.client", "ProtocolError", type("Error", (Exception,), {"__module__": "xmlrpc.client"}), errcode=401), 401, DOWNSTREAM),
    # HTTP.
    "AWS throttles": (aws("ThrottlingException"), 429, DOWNSTREAM),
    "AWS rights": (aws("AccessDeniedException"), 403, DOWNSTREAM),
    "AWS login": (aws("ExpiredToken", 403), 401, DOWNSTREAM),
    "AWS query": (aws("ValidationException"), 400, DOWNSTREAM),
    "AWS without a response": (made("botocore.exceptions", "ClientError", response={}), 502, DOWNSTREAM),
    "no HTTP for aiohttp": (caused(made("aiohttp.client_exceptions", "ClientResponseError", status=400), made("aiohttp.http_exceptions", "BadStatusLine")), 502, DOWNSTREAM),
    "a broken chunk": (urllib3.exceptions.InvalidHeader("illegal chunk header"), 502, DOWNSTREAM),
    "refused behind urllib3's timeout": (made("urllib3.exceptions", "NewConnectionError", type(made("urllib3.exceptions", "ConnectTimeoutError"))), 502, DOWNSTREAM),
    "no scheme for httpx": (raised(lambda: httpx.get("example.org")), 502, DOWNSTREAM),
    "a bad header": (made("httpx", "LocalProtocolError"), 500, PLUGIN),
    "a bad address within a bad address": (caused(made("requests.exceptions", "InvalidURL"), made("urllib3.exceptions", "LocationParseError")), 500, PLUGIN),
    # Causes.
    "a timeout below retries": (caused(made("urllib3.exceptions", "MaxRetryError"), made("urllib3.exceptions", "ReadTimeoutError")), 504, DOWNSTREAM),
    "raised from JSON": (caused(RuntimeError("no stations"), raised(lambda: json.loads("{"))), 502, DOWNSTREAM),
    "raised from a group": (caused(RuntimeError("all failed"), ExceptionGroup("g", [ConnectionRefusedError(), ConnectionResetError()])), 502, DOWNSTREAM),
    "raised from a group of one": (caused(RuntimeError("failed"), ExceptionGroup("g", [DownstreamError("x", status=404)])), 404, DOWNSTREAM),
    "raised from a group with a bug": (caused(RuntimeError("failed"), ExceptionGroup("g", [ConnectionResetError(), KeyError("x")])), 502, PLUGIN),
    "all addresses of a host": (OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 111] ..."), 502, DOWNSTREAM),
    "a group in a group": (BaseExceptionGroup("g", [ExceptionGroup("h", [TimeoutError()]), asyncio.CancelledError()]), 504, DOWNSTREAM),
    # What was cut short, or is no such data.
    "text": (raised(lambda: b"\xff".decode()), 502, DOWNSTREAM),
    "JSON that is no text": (raised(lambda: json.loads(b"\xff\xfe{")), 502, DOWNSTREAM),
    "XML": (raised(lambda: ElementTree.fromstring("<a>")), 502, DOWNSTREAM),
    "XML read as it comes": (raised(lambda: sax.parseString(b"<a>", sax.ContentHandler())), 502, DOWNSTREAM),
    "CSV": (raised(lambda: list(csv.reader(io.StringIO('"a'), strict=True))), 502, DOWNSTREAM),
    "CSV of pandas": (raised(lambda: pd.read_csv(io.StringIO("a\n1,2\n1,2,3"))), 502, DOWNSTREAM),
    "no CSV for pandas": (raised(lambda: pd.read_csv(io.StringIO(""))), 502, DOWNSTREAM),
    "zip": (raised(lambda: zipfile.ZipFile(io.BytesIO(b"x"))), 502, DOWNSTREAM),
    "tar": (raised(lambda: tarfile.TarFile(fileobj=io.BytesIO(b"x"))), 502, DOWNSTREAM),
    "xz": (raised(lambda: lzma.decompress(b"xxxx")), 502, DOWNSTREAM),
    "bzip2": (raised(lambda: bz2.decompress(b"xxxx")), 502, DOWNSTREAM),
    "base64": (raised(lambda: base64.b64decode("a", validate=True)), 502, DOWNSTREAM),
    "protobuf": (raised(lambda: Struct().ParseFromString(b"\xff\xff")), 502, DOWNSTREAM),
    "mail": (poplib.error_proto("-ERR"), 502, DOWNSTREAM),
    "lxml": (made("lxml.etree", "XMLSyntaxError", type("LxmlError", (SyntaxError,), {"__module__": "lxml.etree"})), 502, DOWNSTREAM),
    "msgpack": (made("msgpack.exceptions", "FormatError", type("UnpackException", (Exception,), {"__module__": "msgpack.exceptions"})), 502, DOWNSTREAM),
    "GraphQL": (made("graphql.error.syntax_error", "GraphQLSyntaxError"), 400, DOWNSTREAM),
    # What remains the plugin's.
    "text that cannot be written": (raised(lambda: "\ud800".encode()), 500, PLUGIN),
    "a number too large for SQLite": (OverflowError("Python int too large"), 500, PLUGIN),
    "too many files": (OSError(24, "Too many open files"), 500, PLUGIN),
    "a name that only looks like a driver's": (made("weather", "DatabaseError"), 500, PLUGIN),
    "a process": (subprocess.CalledProcessError(1, "false"), 500, PLUGIN),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_what_a_library_raises_has_a_status_and_a_source(name: str) -> None:
    error, status, source = ERRORS[name]

    assert (status_of(error), source_of(error)) == (status, source)


class Rpc(grpc.RpcError):
    """What a gRPC call raises, as far as it can be made without a call."""

    __module__ = "grpc._channel"

    def __init__(self, code: Any, details: str) -> None:
        self._code, self._details = code, details

    def code(self) -> Any:
        return self._code

    def details(self) -> str:
        return self._details


TEXTS: dict[str, tuple[Callable[[], BaseException], str]] = {
    "gRPC": (
        lambda: Rpc(grpc.StatusCode.NOT_FOUND, "no such station"),
        "the service answered NOT_FOUND: no such station",
    ),
    "gRPC without words": (
        lambda: Rpc(grpc.StatusCode.UNAVAILABLE, ""),
        "the service answered UNAVAILABLE",
    ),
    "AWS": (
        lambda: aws("ValidationException"),
        "the service responded 400 Bad Request (ValidationException: because)",
    ),
    "AWS rights": (
        lambda: aws("AccessDenied"),
        "the service refused access (403 Forbidden); check what the data source's credentials may do",
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_a_service_says_is_a_sentence(name: str) -> None:
    make, text = TEXTS[name]

    assert text_of(make()) == text
