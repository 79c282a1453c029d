"""MySQL and MariaDB, by pymysql."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from plugin_sdk.sql.certificates import tls_context_of
from plugin_sdk.sql.databases.base import Database, close_socket
from plugin_sdk.sql.failures import SqlError, Trouble

_CODES = {
    Trouble.LOGIN: (1045, 1698, 3118, 3955, 1251, 2059),
    Trouble.NO_DATABASE: (1049,),
    Trouble.NO_TABLE: (1146, 1109),
    Trouble.NO_COLUMN: (1054,),
    Trouble.SYNTAX: (1064, 1065, 1305),
    Trouble.FORBIDDEN: (1044, 1142, 1143, 1227, 1370),
    Trouble.READ_ONLY: (1792, 1290),
    Trouble.CANCELLED: (1317, 3024, 1969),
    Trouble.UNREACHABLE: (2002, 2003, 2005),
    Trouble.LOST: (2006, 2013, 2014, 1053, 1927, 1080),
    Trouble.BUSY: (1040, 1203, 1226),
    Trouble.TLS: (2026, 3159),
}
_TROUBLES = {code: trouble for trouble, codes in _CODES.items() for code in codes}


class MySql(Database):
    """MySQL and MariaDB: read-only transactions, unbuffered cursors, KILL QUERY."""

    title = "MySQL"
    requires: ClassVar[Mapping[str, str]] = {"pymysql": "pymysql>=1.1"}
    catalogue = (
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') "
        "ORDER BY table_schema <> COALESCE(DATABASE(), ''), table_schema, table_name, ordinal_position"
    )
    version = "SELECT VERSION()"

    def arguments(self) -> dict[str, Any]:
        """Return TLS and the time to connect."""
        found: dict[str, Any] = {"connect_timeout": 10, "charset": "utf8mb4", "program_name": "Grafana"}
        if self.settings.tls_mode == "disable":
            return {**found, "ssl_disabled": True}
        return {**found, "ssl": tls_context_of(self.settings)}

    def prepare(self, connection: Any) -> None:
        """Set the session to UTC, and see that it is encrypted: older drivers go on without."""
        with connection.cursor() as cursor:
            if self.settings.tls_mode != "disable":
                cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
                row = cursor.fetchone()
                if not (row and row[1]):
                    raise SqlError.of(Trouble.TLS, self, "the server does not support TLS")
            cursor.execute("SET time_zone = '+00:00'")

    def begin(self, connection: Any) -> None:
        """Begin anew for each query: a session's default could be changed by a query."""
        connection.exec_driver_sql("START TRANSACTION READ ONLY")

    def cancel(self, connection: Any) -> None:
        """Kill the query from a second connection, with what the first one was made of."""
        import pymysql

        url = self.url()
        with pymysql.connect(
            host=url.host, port=url.port or 3306, user=url.username or "", password=url.password or "",
            **{**self.arguments(), "connect_timeout": 5, "read_timeout": 5, "write_timeout": 5},
        ) as other, other.cursor() as cursor:  # fmt: skip
            cursor.execute(f"KILL QUERY {int(connection.thread_id())}")

    def sever(self, connection: Any) -> None:
        """Shut the socket down; the driver then reads its end."""
        sock = getattr(connection, "_sock", None)  # pymysql has no public name for it
        if sock is not None:
            close_socket(sock.fileno())

    def abandon(self, connection: Any) -> None:
        """Keep the driver from reading the rest when its cursor goes; it has no public name for that."""
        result = getattr(connection, "_result", None)
        if result is not None:
            result.unbuffered_active = False
            connection._result = None

    def trouble(self, _error: BaseException) -> Trouble | None:
        """Return the meaning of the server's or the driver's code."""
        code = _error.args[0] if _error.args else None
        if code == 2003 and ("SSL" in str(_error) or "certificate" in str(_error)):
            return Trouble.TLS
        return _TROUBLES.get(code) if isinstance(code, int) else None
