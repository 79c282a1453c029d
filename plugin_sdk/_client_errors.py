"""One rule for the client libraries of other systems: what they raise is the fault of that system.

An exception is downstream if its class, or a base class, is defined by a client library or by the networking
modules of Python. Its status is derived from what it contains (an HTTP status, a SQLSTATE, a gRPC code, an
errno), otherwise from its name. Misuse of such a library is still an error of the plugin.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLIENTS = _words("""
    httpx httpcore h2 h11 requests urllib3 aiohttp httplib2 websockets websocket gql zeep sqlite3 psycopg
    psycopg2 psycopg_pool pymysql MySQLdb mysql mariadb aiomysql asyncmy asyncpg sqlalchemy pyodbc
    aioodbc pymssql pytds oracledb cx_Oracle duckdb firebird fdb ibm_db ibm_db_dbi teradatasql hdbcli
    snowflake databricks trino prestodb pyhive impala clickhouse_connect clickhouse_driver vertica_python
    redshift_connector pymongo motor redis valkey elasticsearch elastic_transport opensearchpy cassandra
    neo4j influxdb influxdb_client influxdb_client_3 kafka confluent_kafka aiokafka pika aio_pika nats
    paho aiomqtt pyarrow.flight questdb taos grpc grpclib botocore boto3 aiobotocore azure msrest
    google.api_core google.auth googleapiclient kubernetes docker ldap3 ldap paramiko asyncssh pysnmp
    asyncua opcua pymodbus hvac consul etcd3 simple_salesforce jira github gitlab
""")
_STANDARD = {
    ("http.client", "HTTPException"): 502,  # IncompleteRead, RemoteDisconnected, BadStatusLine
    ("urllib.error", "URLError"): 502,
    ("urllib.error", "ContentTooShortError"): 502,
    ("socket", "gaierror"): 502,
    ("socket", "herror"): 502,
    ("ssl", "SSLError"): 502,
    ("json.decoder", "JSONDecodeError"): 502,
    ("xml.etree.ElementTree", "ParseError"): 502,
    ("xml.parsers.expat", "ExpatError"): 502,
    ("zlib", "error"): 502,
    ("gzip", "BadGzipFile"): 502,
    ("asyncio.exceptions", "IncompleteReadError"): 502,
    ("asyncio.exceptions", "LimitOverrunError"): 502,
    ("builtins", "EOFError"): 502,
    ("smtplib", "SMTPException"): 502,
    ("ftplib", "Error"): 502,
    ("imaplib", "IMAP4.error"): 502,
    ("xmlrpc.client", "Error"): 502,
    (
        "pydantic_core._pydantic_core",
        "ValidationError",
    ): 502,  # of a response: queries have been validated before
}
_UNREACHABLE = frozenset(
    getattr(errno, name)
    for name in ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "ECONNREFUSED", "EADDRNOTAVAIL")
    if hasattr(errno, name)
)
# In any library, these mean that the plugin used it wrongly.
_MISUSE = _words("""
    InvalidURL MissingSchema InvalidSchema InvalidHeader InvalidJSONError UnrewindableBodyError
    StreamConsumed StreamClosed ResponseNotRead RequestNotRead CookieConflict NotSupportedError
    NotSupportedOperation ArgumentError InvalidRequestError NoSuchModuleError CompileError
    UnboundExecutionError ObjectNotExecutableError ParamValidationError UnknownServiceError
    UnknownParameterError DataNotFoundError NoRegionError
""")
_SQLITE_MISUSE = "ProgrammingError"  # a closed connection, a missing binding; bad SQL is an OperationalError
_WRONG_QUERY = frozenset(
    {"ProgrammingError", "DataError", "IntegrityError", "SyntaxError", "ParserException"}
)
_GRPC = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "DEADLINE_EXCEEDED": 504,
}
_SQLSTATES = (("28", 401), ("57014", 504), ("42501", 403), ("42", 400), ("22", 400), ("23", 400), ("08", 502))
_MYSQL_LOGIN = frozenset({1044, 1045, 1698, 3118})


def kind_of(error: BaseException) -> tuple[int, bool] | None:
    """Return the HTTP status for an error of a client library, and whether a service responded with it.

    None if the error is not one of a client library, or means that the plugin misused it.
    """
    inner = getattr(error, "orig", None)  # SQLAlchemy's, around the driver's
    if isinstance(inner, BaseException):
        return kind_of(inner) or (502, False)
    own = _standard_status(error)
    if own is None and not _is_clients(error):
        return None
    if any(cls.__name__ in _MISUSE for cls in type(error).__mro__):
        return None
    if type(error).__module__ == "sqlite3" and type(error).__name__ == _SQLITE_MISUSE:
        return None
    answered = answered_status(error)
    if answered is not None:
        return answered, True
    return _status_by_what_it_carries(error) or _status_by_name(error) or own or 502, False


def _is_clients(error: BaseException) -> bool:
    for cls in type(error).__mro__:
        parts = cls.__module__.split(".")
        if parts[0] in _CLIENTS or ".".join(parts[:2]) in _CLIENTS:
            return True
    return False


def _standard_status(error: BaseException) -> int | None:
    for cls in type(error).__mro__:
        found = _STANDARD.get((cls.__module__, cls.__qualname__))
        if found is not None:
            return found
    return 502 if isinstance(error, OSError) and error.errno in _UNREACHABLE else None


def answered_status(error: BaseException) -> int | None:
    """Return the status of the HTTP response for which a client raised the error."""
    for holder in _holders(error):
        for name in ("status_code", "status", "http_status", "code"):
            value = getattr(holder, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
                return int(value)
    return None


def _holders(error: BaseException) -> Iterator[Any]:
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        yield _Answer(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    elif response is not None:  # not `if response`: a failed response of requests is falsy
        yield response
    yield error
    meta = getattr(error, "meta", None)  # Elasticsearch's
    if meta is not None:
        yield meta


class _Answer:
    def __init__(self, status: Any) -> None:
        self.status = status


def _status_by_what_it_carries(error: BaseException) -> int | None:
    code = getattr(error, "code", None)
    if callable(code) and type(error).__module__.startswith("grpc"):
        return _GRPC.get(getattr(code(), "name", ""), 502)
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    if isinstance(state, str):
        return next((status for start, status in _SQLSTATES if state.startswith(start)), 502)
    if getattr(error, "sqlite_errorcode", None) == 1:  # bad SQL, no such table
        return 400
    if isinstance(error, OSError):
        return None
    first = error.args[0] if error.args else None
    return 401 if isinstance(first, int) and first in _MYSQL_LOGIN else None


def _status_by_name(error: BaseException) -> int | None:
    names = {cls.__name__ for cls in type(error).__mro__}
    if any("Timeout" in name or "TimedOut" in name for name in names):
        return 504
    if any("Credential" in name or "Authenti" in name for name in names):
        return 401
    return 400 if names & _WRONG_QUERY else None


def sentence(error: BaseException, status: int) -> str:
    """Return a text for viewers on a service's refusal; the library's own text contains a URL."""
    from http import HTTPStatus

    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    host = _host_of(error)
    service = f"the service {host}" if host else "the service"
    if status in (401, 407):
        return f"{service} refused the login ({phrase}); check the credentials in the data source's settings"
    if status == 403:
        return f"{service} refused access ({phrase}); check what the data source's credentials may do"
    if status == 429:
        return (
            f"{service} accepts no more requests for now ({phrase}); try again later, or send fewer requests"
        )
    return f"{service} responded {phrase}"


def _host_of(error: BaseException) -> str:
    from urllib.parse import urlsplit

    for holder in (*_holders(error), getattr(error, "request_info", None)):
        for name in ("url", "real_url", "request"):
            try:  # httpx raises if an error has no request
                value = getattr(holder, name, None)
                address = str(getattr(value, "url", value) or "")
                host = urlsplit(address).hostname if "://" in address else ""
            except (ValueError, RuntimeError):
                continue
            if host:
                return host
    return ""
