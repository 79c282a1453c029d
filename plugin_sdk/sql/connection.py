"""The connections of one data source to its database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from plugin_sdk.messages.current import current_request
from plugin_sdk.sql.columns import ROWS_AT_ONCE
from plugin_sdk.sql.databases import database_of
from plugin_sdk.sql.failures import SqlError, Trouble, failure
from plugin_sdk.sql.watch import Statement, Watch

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import ExceptionContext

    from plugin_sdk.sql.settings import SqlSettings

_POOL_SECONDS = 30
_RECYCLE_SECONDS = 1800


class Connections:
    """A pool of connections that only read, and whose statements can be cancelled."""

    def __init__(self, settings: SqlSettings) -> None:
        self.database = database_of(settings)
        self._settings = settings
        self._watch = Watch()
        self.engine = self._engine()

    def _engine(self) -> Engine:
        from sqlalchemy import create_engine, event

        database = self.database
        database.check_settings()
        _require(database.requires)
        engine = create_engine(
            database.url(),
            connect_args=database.arguments(),
            pool_size=self._settings.max_connections,
            max_overflow=0,
            pool_timeout=_POOL_SECONDS,
            pool_recycle=_RECYCLE_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
            **database.pool(),
        )
        event.listen(engine, "connect", lambda connection, _record: database.prepare(connection))
        event.listen(engine, "handle_error", self._close_cursor)
        database.listen(engine)
        return engine

    def _close_cursor(self, context: ExceptionContext) -> None:
        """Close the cursor of a connection that is lost, which SQLAlchemy leaves to the garbage collector."""
        cursor = getattr(context.execution_context, "cursor", None)
        if context.is_disconnect and cursor is not None:
            with contextlib.suppress(Exception):
                self.database.abandon(cursor.connection)
            with contextlib.suppress(Exception):
                cursor.close()

    @contextmanager
    def rows(
        self, sql: str, *, is_cancelled: Callable[[], bool] | None = None
    ) -> Iterator[tuple[list[str], Iterator[Any]]]:
        """Run a query; the block gets the names of its columns and its rows in parts.

        Leaving the block before the last part stops the query. Nothing stays open behind it.

        Raises:
            SqlError: whatever goes wrong with the database.
        """
        self.database.check(sql)
        asked = is_cancelled or current_request().is_cancelled
        statement = Statement(asked, self._settings.timeout, _nothing, _nothing)
        try:
            with self.engine.connect() as connection, self._watched(connection, asked) as statement:
                yield self._run(connection, statement, sql)
        except Exception as error:
            meant = self._failure(error, statement)
            if meant is None or meant is error:
                raise
            raise meant from error

    def _run(self, connection: Connection, statement: Statement, sql: str) -> tuple[list[str], Iterator[Any]]:
        self.database.begin(connection)
        result = connection.execution_options(
            stream_results=self._streams(sql), no_parameters=True, max_row_buffer=ROWS_AT_ONCE
        ).exec_driver_sql(sql)
        names = list(map(str, result.keys()))
        statement.is_complete, statement.close = False, result.close

        def parts() -> Iterator[Any]:
            while rows := result.fetchmany(ROWS_AT_ONCE):
                yield rows
                if statement.stopped:
                    raise _stopped()
            statement.is_complete = True

        return names, parts()

    def _streams(self, sql: str) -> bool:
        from plugin_sdk.sql.databases.base import first_word

        return first_word(sql).upper() in ("SELECT", "WITH", "VALUES", "TABLE", "(", "FROM")

    @contextmanager
    def _watched(self, connection: Connection, is_cancelled: Callable[[], bool]) -> Iterator[Statement]:
        driver: Any = connection.connection.driver_connection
        database = self.database
        statement = Statement(
            is_cancelled,
            self._settings.timeout,
            lambda: database.cancel(driver),
            lambda: database.sever(driver),
        )
        try:
            with self._watch.over(statement):
                yield statement
        finally:
            if statement.stopped or not statement.is_complete:
                self._discard(connection, driver, statement)

    def _discard(self, connection: Connection, driver: Any, statement: Statement) -> None:
        """Close the connection: its rows are not read, and a late cancellation hits no other query."""
        with contextlib.suppress(Exception):
            self.database.abandon(driver)
        with contextlib.suppress(Exception):
            connection.invalidate()
        with contextlib.suppress(Exception):
            statement.close()

    def _failure(self, error: Exception, statement: Statement) -> SqlError | None:
        if statement.stopped == "timeout":
            return SqlError.of(Trouble.TIMEOUT, self.database, f"{self._settings.timeout:g}")
        if statement.stopped:
            return SqlError(
                Trouble.CANCELLED, "the query was cancelled, because nobody waits for it any more"
            )
        return failure(error, self.database)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.database.release()


def _nothing() -> None:
    """Cancel nothing: there is no connection yet."""


def _stopped() -> Exception:
    return SqlError(Trouble.CANCELLED, "the query was cancelled")


def _require(modules: Any) -> None:
    """Name the dependency that brings a missing driver.

    Raises:
        ModuleNotFoundError: a driver is not installed.
    """
    from importlib.util import find_spec

    for module, requirement in modules.items():
        if find_spec(module) is None:
            raise ModuleNotFoundError(
                f"this data source needs {requirement}: add it to the dependencies in the plugin's "
                "pyproject.toml",
                name=module,
            )
