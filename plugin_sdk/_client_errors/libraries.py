"""Which errors are of a client library, and what the names of its errors mean."""

from __future__ import annotations

import errno


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CLIENTS = _words("""
    httpx httpcore h2 h11 requests niquests urllib3 aiohttp httplib2 pycurl websockets websocket gql zeep
    sqlite3 psycopg psycopg2 psycopg_pool pymysql MySQLdb mysql mariadb aiomysql asyncmy asyncpg sqlalchemy
    pyodbc aioodbc pymssql pytds oracledb cx_Oracle duckdb _duckdb firebird fdb ibm_db ibm_db_dbi teradatasql
    hdbcli snowflake databricks trino prestodb pyhive impala clickhouse_connect clickhouse_driver
    vertica_python redshift_connector pymongo bson motor redis valkey elasticsearch elastic_transport
    opensearchpy cassandra neo4j influxdb influxdb_client influxdb_client_3 kafka confluent_kafka cimpl
    aiokafka pika aio_pika nats paho aiomqtt pyarrow.flight pyarrow._flight questdb taos grpc grpclib
    botocore boto3 aiobotocore azure msrest google.api_core google.auth googleapiclient kubernetes docker
    ldap3 ldap paramiko asyncssh pysnmp asyncua opcua pymodbus hvac consul etcd3
    simple_salesforce jira github gitlab openai anthropic
""")
# The exceptions of any driver that follows Python's specification of them: so is one not listed above known.
DRIVERS = _words("DatabaseError InterfaceError")
# What data that a service sent, or cut short, makes of Python's modules and of well-known decoders.
STANDARD = {
    ("http.client", "HTTPException"): 502,  # IncompleteRead, RemoteDisconnected, BadStatusLine
    ("urllib.error", "URLError"): 502,
    ("urllib.error", "ContentTooShortError"): 502,
    ("socket", "gaierror"): 502,
    ("socket", "herror"): 502,
    ("ssl", "SSLError"): 502,
    ("builtins", "UnicodeDecodeError"): 502,
    ("builtins", "EOFError"): 502,
    ("json.decoder", "JSONDecodeError"): 502,
    ("xml.etree.ElementTree", "ParseError"): 502,
    ("xml.parsers.expat", "ExpatError"): 502,
    ("xml.sax._exceptions", "SAXException"): 502,
    ("_csv", "Error"): 502,
    ("zlib", "error"): 502,
    ("gzip", "BadGzipFile"): 502,
    ("_lzma", "LZMAError"): 502,
    ("zipfile", "BadZipFile"): 502,
    ("tarfile", "ReadError"): 502,
    ("binascii", "Error"): 502,
    ("asyncio.exceptions", "IncompleteReadError"): 502,
    ("asyncio.exceptions", "LimitOverrunError"): 502,
    ("smtplib", "SMTPException"): 502,
    ("ftplib", "Error"): 502,
    ("poplib", "error_proto"): 502,
    ("imaplib", "IMAP4.error"): 502,
    ("xmlrpc.client", "Error"): 502,
    ("pydantic_core._pydantic_core", "ValidationError"): 502,  # of a response: queries were validated before
    ("google.protobuf.message", "DecodeError"): 502,
    ("lxml.etree", "LxmlError"): 502,
    ("msgpack.exceptions", "UnpackException"): 502,
    ("pandas.errors", "EmptyDataError"): 502,
    ("pandas.errors", "ParserError"): 502,
    ("polars.exceptions", "NoDataError"): 502,
    ("polars.exceptions", "SQLInterfaceError"): 400,
    ("polars.exceptions", "SQLSyntaxError"): 400,
    ("graphql.error.syntax_error", "GraphQLSyntaxError"): 400,
}
UNREACHABLE = frozenset(
    getattr(errno, name)
    for name in ("ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EHOSTDOWN", "ECONNREFUSED", "EADDRNOTAVAIL")
    if hasattr(errno, name)
)
# In any library, these mean that the plugin used it wrongly.
MISUSE = _words("""
    InvalidURL MissingSchema InvalidSchema InvalidHeader InvalidJSONError UnrewindableBodyError
    LocalProtocolError LocationValueError InvalidURI ImproperConnectionState
    StreamConsumed StreamClosed ResponseNotRead RequestNotRead CookieConflict NotSupportedError
    NotSupportedOperation ArgumentError InvalidRequestError NoSuchModuleError CompileError
    UnboundExecutionError ObjectNotExecutableError ParamValidationError UnknownServiceError
    UnknownParameterError DataNotFoundError NoRegionError ConfigurationError KafkaConfigurationError
    InvalidOperation InvalidName InvalidDocument IllegalStateError IllegalArgumentError
""")
# But these are about what a service, or the user's query, holds.
NO_MISUSE = frozenset(
    {("urllib3", "InvalidHeader"), ("requests", "JSONDecodeError"), ("sqlalchemy", "NoSuchTableError")}
)
_WRONG_QUERY = _words("""
    ProgrammingError DataError IntegrityError SyntaxError CypherSyntaxError ParserException InvalidRequest
    NoSuchTableError InvalidId BadNodeIdUnknown BadNodeIdInvalid UnknownTopicOrPartitionError
""")
_NOT_REACHED = _words("NewConnectionError NameResolutionError")  # urllib3 derives them from its timeout
_TIMEOUTS = ("timeout", "timedout")
_LOGINS = ("credential", "authenti", "autherror", "identitytoken")
_RIGHTS = ("authoriz", "forbidden", "accessdenied", "permission")


def status_by_name(error: BaseException) -> int | None:
    """Return the status that the name of an error, or of its base, tells."""
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & _NOT_REACHED:
        return 502
    lowered = [name.lower() for name in names]
    for words, status in ((_TIMEOUTS, 504), (_LOGINS, 401), (_RIGHTS, 403)):
        if any(word in name for word in words for name in lowered):
            return status
    return None


def is_wrong_query(error: BaseException) -> bool:
    """Return whether the name of an error tells that the query is wrong."""
    return any(cls.__name__ in _WRONG_QUERY for cls in type(error).__mro__)
