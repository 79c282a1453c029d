"""SQLite, by the standard library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plugin_sdk.sql.databases.base import Database
from plugin_sdk.sql.failures import SqlError, Trouble, by_text

if TYPE_CHECKING:
    from sqlalchemy import URL

_TEXTS = {
    "no such table": Trouble.NO_TABLE,
    "no such column": Trouble.NO_COLUMN,
    "no such function": Trouble.SYNTAX,
    "syntax error": Trouble.SYNTAX,
    "incomplete input": Trouble.SYNTAX,
    "one statement at a time": Trouble.SYNTAX,
    "unrecognized token": Trouble.SYNTAX,
    "readonly database": Trouble.READ_ONLY,
    "not authorized": Trouble.READ_ONLY,
    "interrupted": Trouble.CANCELLED,
    "database is locked": Trouble.BUSY,
    "unable to open": Trouble.UNREACHABLE,
    "not a database": Trouble.UNREACHABLE,
    "malformed": Trouble.UNREACHABLE,
    "disk I/O error": Trouble.LOST,
}


class Sqlite(Database):
    """SQLite: the file is opened for reading only; times are texts."""

    title = "SQLite"
    reading = ("SELECT", "WITH", "VALUES", "EXPLAIN")
    times_in_texts = True
    catalogue = (
        "SELECT '' AS table_schema, t.name, c.name, c.type FROM sqlite_master AS t, "
        "pragma_table_info(t.name) AS c WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%' "
        "ORDER BY t.name, c.cid"
    )
    version = "SELECT sqlite_version()"
    probe = "SELECT count(*) FROM sqlite_master"  # reads the file, which connecting does not

    def check_settings(self) -> None:
        """Name a path that is no file.

        Raises:
            SqlError: there is none.
        """
        check_file(self.settings.path)

    def url(self) -> URL:
        """Return an address without a file, which `pool` opens."""
        from sqlalchemy import URL

        return URL.create("sqlite")

    def pool(self) -> dict[str, Any]:
        """Open the file for reading, with a connection for each thread that reads."""
        import sqlite3

        from sqlalchemy.pool import QueuePool

        address = Path(self.settings.path).absolute().as_uri() + "?mode=ro"

        def connect() -> Any:
            return sqlite3.connect(address, uri=True, timeout=5, check_same_thread=False)

        return {"creator": connect, "poolclass": QueuePool}

    def prepare(self, connection: Any) -> None:
        """Refuse changes, and statements that reach other files."""
        import sqlite3

        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(
            lambda action, *_: (
                sqlite3.SQLITE_DENY
                if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
                else sqlite3.SQLITE_OK
            )
        )

    def cancel(self, connection: Any) -> None:
        """Interrupt the query."""
        connection.interrupt()

    def trouble(self, _error: BaseException) -> Trouble | None:
        """Return the meaning of SQLite's text; its codes say less."""
        return by_text(_error, _TEXTS)


def check_file(path: str) -> None:
    """Refuse a path that is no file.

    Raises:
        SqlError: with what to enter instead.
    """
    if not path.strip():
        raise SqlError(Trouble.SETTINGS, "the data source has no path; enter that of a database file")
    if Path(path).is_dir():
        raise SqlError(Trouble.SETTINGS, f"{path} is a folder; enter the path of a database file")
    if not Path(path).is_file():
        raise SqlError(
            Trouble.UNREACHABLE,
            f"there is no file {path} on the Grafana server, or its user may not see it; check Path in the "
            "data source's settings",
        )
