"""The codes that databases and gRPC give their errors, and the HTTP status of each."""

from __future__ import annotations

import re
from typing import Any

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
# The first that an SQLSTATE begins with.
_SQLSTATES = (
    ("28", 401),
    ("42501", 403),
    ("25006", 403),  # a write where only reading is allowed
    ("57014", 504),
    ("55P03", 504),
    ("25P03", 504),
    ("HYT", 504),
    ("HY008", 504),
    *((start, 400) for start in ("42", "22", "23", "21", "0A", "54", "P0001", "3D", "3F")),
)
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_MYSQL = {
    401: (1044, 1045, 1698, 1820, 1862, 3118),
    403: (1142, 1143, 1227, 1370),
    504: (1205, 1317, 1969, 3024),
}
_ORACLE = {
    401: (1004, 1005, 1017, 28000, 28001),
    403: (1031, 1045),
    504: (1013, 12170),
    400: (1400, 1403, 1476, 1722, 1843, 1861),
}
_ORACLE_SQL = range(900, 1000)  # no such table or column, SQL that cannot be parsed
_CLICKHOUSE = {
    401: (192, 193, 194, 516),
    403: (497,),
    504: (159, 160),
    429: (202,),
    400: (6, 27, 36, 41, 43, 44, 46, 47, 53, 60, 62, 70, 81),
}
_MONGO = {401: (18, 8000), 403: (13,), 504: (50, 262), 400: (2, 9, 14, 26, 59, 73, 168, 11000, 40324)}
_SQLITE = {400: (1, 18, 20), 403: (3, 23), 504: (9,)}
_MYSQL_LIBRARIES = frozenset({"pymysql", "mysql", "MySQLdb", "mariadb", "aiomysql", "asyncmy"})
# Libraries whose `code` is a number of their own, not an HTTP status.
OWN_CODES = frozenset({"clickhouse_driver", "pymongo", "asyncua", "opcua", "cassandra", "taos"})


def status_by_code(error: BaseException) -> int | None:
    """Return the status of the code that an error carries; None if it carries none that is known."""
    library = type(error).__module__.partition(".")[0]
    if library == "grpc":
        code = getattr(error, "code", None)
        return _GRPC.get(getattr(code(), "name", ""), 502) if callable(code) else None
    return _status_of_number(error, library) or _status_of_sqlstate(error, library)


def _status_of_number(error: BaseException, library: str) -> int | None:
    number: Any = getattr(error, "code", None)
    first = error.args[0] if error.args else None
    if library in _MYSQL_LIBRARIES:
        number = first if isinstance(first, int) else getattr(error, "errno", None)
        return _looked_up(_MYSQL, number)
    if library in ("oracledb", "cx_Oracle"):
        number = getattr(first, "code", None)
        is_sql = isinstance(number, int) and number in _ORACLE_SQL
        return 400 if is_sql else _looked_up(_ORACLE, number)
    if library == "clickhouse_driver":
        return _looked_up(_CLICKHOUSE, number)
    if library == "pymongo":
        return _looked_up(_MONGO, number)
    return _looked_up(_SQLITE, getattr(error, "sqlite_errorcode", None))


def _looked_up(table: dict[int, tuple[int, ...]], number: Any) -> int | None:
    return next((status for status, numbers in table.items() if number in numbers), None)


def _status_of_sqlstate(error: BaseException, library: str) -> int | None:
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    first = error.args[0] if error.args else None
    if library == "pyodbc":
        state = first
    elif library == "redshift_connector" and isinstance(first, dict):
        state = first.get("C")
    if not isinstance(state, str) or not _SQLSTATE.fullmatch(state):
        return None
    return next((status for start, status in _SQLSTATES if state.startswith(start)), 502)
