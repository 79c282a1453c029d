"""DuckDB, by duckdb-engine."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from plugin_sdk.sql.databases.base import Database, first_word
from plugin_sdk.sql.databases.sqlite import check_file
from plugin_sdk.sql.failures import SqlError, Trouble

if TYPE_CHECKING:
    from sqlalchemy import URL

_NAMES = {
    "InterruptException": Trouble.CANCELLED,
    "PermissionException": Trouble.FORBIDDEN,
    "ParserException": Trouble.SYNTAX,
    "SyntaxException": Trouble.SYNTAX,
    "BinderException": Trouble.NO_COLUMN,
    "CatalogException": Trouble.NO_TABLE,
    "ConversionException": Trouble.VALUE,
    "OutOfRangeException": Trouble.VALUE,
    "IOException": Trouble.UNREACHABLE,
    "OutOfMemoryException": Trouble.BUSY,
}

_preparing = threading.Lock()


class DuckDb(Database):
    """DuckDB: the file is opened for reading only, and no file is read outside the folder."""

    title = "DuckDB"
    reading = ("SELECT", "WITH", "VALUES", "FROM", "SHOW", "EXPLAIN", "DESCRIBE", "SUMMARIZE", "(")
    requires: ClassVar[Mapping[str, str]] = {"duckdb": "duckdb>=1.3", "duckdb_engine": "duckdb-engine>=0.17"}
    catalogue = (
        "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema NOT IN ('information_schema', 'pg_catalog') "
        "ORDER BY table_schema <> 'main', table_schema, table_name, ordinal_position"
    )
    version = "SELECT version()"

    @property
    def macros(self) -> str:
        """The macros of PostgreSQL, whose functions DuckDB has."""
        return "postgres"

    def check_settings(self) -> None:
        """Refuse paths that lead nowhere.

        Raises:
            SqlError: with what to enter instead.
        """
        path, folder = self.settings.path.strip(), self.settings.folder.strip()
        if path:
            check_file(path)
        elif not folder:
            raise SqlError(Trouble.SETTINGS, "the data source has neither path nor folder; enter one")
        if folder and not Path(folder).is_dir():
            raise SqlError(
                Trouble.UNREACHABLE,
                f"there is no folder {folder} on the Grafana server; check Folder in the settings",
            )

    def url(self) -> URL:
        """Return the address of the file, or of an empty database in memory."""
        from sqlalchemy import URL

        return URL.create("duckdb", database=self.settings.path.strip() or ":memory:")

    def arguments(self) -> dict[str, Any]:
        """Open the file for reading."""
        return {"read_only": bool(self.settings.path.strip())}

    def prepare(self, connection: Any) -> None:
        """Allow the files of the folder alone; it holds for all connections to a database in this process."""
        folder = self.settings.folder.strip()
        with _preparing:
            connection.execute("SET TimeZone = 'UTC'")
            (is_open,) = connection.execute("SELECT current_setting('enable_external_access')").fetchone()
            if not is_open:
                return
            if folder:
                path = str(Path(folder).absolute()).replace("'", "''")
                connection.execute(f"SET allowed_directories = ['{path}']")
            connection.execute("SET enable_external_access = false")

    def pool(self) -> dict[str, Any]:
        """Keep a connection for each thread, in memory too."""
        from sqlalchemy.pool import QueuePool

        return {"poolclass": QueuePool}

    def check(self, sql: str) -> None:
        """Refuse more than one statement, and those that write files.

        Raises:
            SqlError: it is not one query.
        """
        super().check(sql)
        import duckdb

        try:
            kinds = [statement.type for statement in duckdb.extract_statements(sql)]
        except duckdb.Error as error:
            raise SqlError.of(Trouble.SYNTAX, self, str(error)) from error
        analyses = kinds == [duckdb.StatementType.EXPLAIN] and "ANALY" in sql.upper()
        if len(kinds) != 1 or kinds[0].name not in ("SELECT", "EXPLAIN") or analyses:
            raise SqlError(
                Trouble.READ_ONLY,
                "the data source runs one statement, and only reads; expected one SELECT (or EXPLAIN without "
                f"ANALYZE), found {', '.join(kind.name for kind in kinds) or first_word(sql)}",
            )

    def cancel(self, connection: Any) -> None:
        """Interrupt the query."""
        connection.interrupt()

    def trouble(self, _error: BaseException) -> Trouble | None:
        """Return the meaning of the error's class."""
        found = _NAMES.get(type(_error).__name__)
        if found is Trouble.NO_COLUMN and "eferenced column" not in str(_error):
            return Trouble.SYNTAX
        return found
