"""PostgreSQL, by psycopg."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from plugin_sdk.sql.certificates import Certificates
from plugin_sdk.sql.databases.base import Database, close_socket
from plugin_sdk.sql.failures import Trouble, by_text

if TYPE_CHECKING:
    from sqlalchemy import Engine

_STATES = {
    "28": Trouble.LOGIN,
    "3D": Trouble.NO_DATABASE,
    "42P01": Trouble.NO_TABLE,
    "3F": Trouble.NO_TABLE,
    "42703": Trouble.NO_COLUMN,
    "42501": Trouble.FORBIDDEN,
    "25006": Trouble.READ_ONLY,
    "57014": Trouble.CANCELLED,
    "57P": Trouble.LOST,
    "08": Trouble.LOST,
    "53": Trouble.BUSY,
    "42": Trouble.SYNTAX,
    "22": Trouble.VALUE,
}
# An error of the login carries no code.
_TEXTS = {
    "authentication failed": Trouble.LOGIN,
    "no password supplied": Trouble.LOGIN,
    "no pg_hba.conf entry": Trouble.LOGIN,
    'role "': Trouble.LOGIN,
    'database "': Trouble.NO_DATABASE,
    "permission denied for database": Trouble.FORBIDDEN,
    "does not support SSL": Trouble.TLS,
    "server closed the connection": Trouble.LOST,
    "connection is closed": Trouble.LOST,
    "connection is lost": Trouble.LOST,
    "SSL": Trouble.TLS,
    "certificate": Trouble.TLS,
    "too many clients": Trouble.BUSY,
    "too many connections": Trouble.BUSY,
    "remaining connection slots": Trouble.BUSY,
    "starting up": Trouble.BUSY,
    "shutting down": Trouble.BUSY,
    "connection failed": Trouble.UNREACHABLE,
    "failed to resolve host": Trouble.UNREACHABLE,
    "connection timeout": Trouble.UNREACHABLE,
}


class Postgres(Database):
    """PostgreSQL: read-only transactions, cursors on the server, cancel requests."""

    title = "PostgreSQL"
    requires: ClassVar[Mapping[str, str]] = {"psycopg": "psycopg[binary]>=3.2"}
    catalogue = (
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
        "ORDER BY table_schema = current_schema() DESC, table_schema, table_name, ordinal_position"
    )
    version = "SELECT current_setting('server_version')"

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self._certificates = Certificates(settings)

    def arguments(self) -> dict[str, Any]:
        """Return TLS and times; certificates are files, since libpq reads nothing else."""
        mode = self.settings.tls_mode
        found = {
            "sslmode": mode,
            "connect_timeout": 10,
            "application_name": "Grafana",
            "keepalives_idle": 60,
            **self._certificates.files(),
        }
        if mode.startswith("verify") and "sslrootcert" not in found:
            found["sslrootcert"] = "system"
            found["sslmode"] = "verify-full"  # the only mode in which libpq takes the system's authorities
        return found

    def prepare(self, connection: Any) -> None:
        """Set the session to UTC and to transactions that only read."""
        connection.read_only = True
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE 'UTC'")
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.commit()

    def listen(self, engine: Engine) -> None:
        """Send every statement by the protocol that takes one statement only."""
        from sqlalchemy import event

        def execute(cursor: Any, statement: str, _context: Any) -> bool | None:
            if "Server" in type(cursor).__name__:  # DECLARE does so by itself
                return None
            cursor.execute(statement, prepare=True)
            return True

        event.listen(engine, "do_execute_no_params", execute)

    def cancel(self, connection: Any) -> None:
        """Send a cancel request, on a connection of its own."""
        connection.cancel_safe(timeout=5)

    def sever(self, connection: Any) -> None:
        """Shut the socket down; libpq then reads its end."""
        close_socket(connection.fileno())

    def trouble(self, _error: BaseException) -> Trouble | None:
        """Return the meaning of a SQLSTATE, or of libpq's text where there is none."""
        state = getattr(_error, "sqlstate", None) or ""
        for start, trouble in _STATES.items():
            if state.startswith(start):
                return trouble
        return by_text(_error, _TEXTS) if not state else None

    def release(self) -> None:
        """Remove the certificates' files."""
        with contextlib.suppress(OSError):
            self._certificates.close()
