"""What a database has to say of itself; the base class is any that SQLAlchemy knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from plugin_sdk.sql.failures import SqlError, Trouble
from plugin_sdk.sql.settings import ServerSettings, SqlSettings

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

READING = ("SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "(")


class Database:
    """One kind of database: how to connect to it, read from it only, and cancel what it does."""

    title: ClassVar[str] = "the database"
    reading: ClassVar[tuple[str, ...]] = READING
    requires: ClassVar[Mapping[str, str]] = {}
    """Modules of the driver, and what to add to the dependencies for each."""
    times_in_texts: ClassVar[bool] = False
    """Whether it has no type for times, so that texts of that form are times."""
    catalogue: ClassVar[str] = ""
    """The SQL of all columns that the user may see: schema, table, column, type."""
    version: ClassVar[str] = ""
    probe: ClassVar[str] = "SELECT 1"

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    @property
    def macros(self) -> str:
        """The dialect of macros."""
        dialect: str = type(self.settings).dialect
        return dialect

    @property
    def address(self) -> str:
        """Where it is, for people."""
        settings = self.settings
        if not isinstance(settings, ServerSettings):
            return str(getattr(settings, "path", "") or self.title)
        port = settings.port or settings.default_port
        return f"{settings.host}:{port}" if port else settings.host

    def url(self) -> URL:
        """Return SQLAlchemy's address, without what `arguments` adds."""
        from sqlalchemy import URL

        settings = self.settings
        if not isinstance(settings, ServerSettings) or not type(settings).driver:
            raise TypeError(
                f"{type(settings).__name__} names no `driver`; derive from PostgresSettings, MySqlSettings, "
                "SqliteSettings or DuckDbSettings, or set SQLAlchemy's name, such as 'mssql+pymssql'"
            )
        return URL.create(
            type(settings).driver,
            settings.user or None,
            settings.password.get_secret_value() or None,
            settings.host.strip(),
            settings.port or settings.default_port or None,
            settings.database or None,
        )

    def check_settings(self) -> None:
        """Refuse settings with which no connection can be tried.

        Raises:
            SqlError: they name no host.
        """
        if isinstance(self.settings, ServerSettings) and not self.settings.host.strip():
            raise SqlError(Trouble.SETTINGS, "the data source has no host; enter one in its settings")

    def arguments(self) -> dict[str, Any]:
        """Return the driver's arguments beside the address."""
        return {}

    def pool(self) -> dict[str, Any]:
        """Return more arguments of the engine."""
        return {}

    def prepare(self, connection: Any) -> None:
        """Set up a new connection of the driver: times in UTC, reading only."""

    def listen(self, engine: Engine) -> None:
        """Listen to events of the engine."""

    def begin(self, connection: Any) -> None:
        """Begin a transaction in which nothing can be changed."""

    def check(self, sql: str) -> None:
        """Refuse what could change the database although it is only read from.

        Raises:
            SqlError: the SQL does not begin as a query does.
        """
        word = first_word(sql)
        if word.upper() in self.reading:
            return
        if not word:
            raise SqlError(Trouble.SYNTAX, "the query is empty; enter SQL that begins with SELECT")
        raise SqlError(
            Trouble.READ_ONLY,
            f"the data source only reads, but the query begins with {word!r}; expected SELECT, WITH, SHOW or "
            "EXPLAIN",
        )

    def cancel(self, connection: Any) -> None:
        """Have the database stop what it does for a driver's connection. Called from another thread."""

    def sever(self, connection: Any) -> None:
        """Cut the connection, so that whoever waits for it gets an error. Called from another thread."""

    def abandon(self, connection: Any) -> None:
        """Leave the rest of a result unread; the connection of the driver is closed next."""

    def trouble(self, _error: BaseException) -> Trouble | None:
        """Return what a driver's error means; None if it is unknown."""
        return None

    def release(self) -> None:
        """Release what `arguments` has created."""


def first_word(sql: str) -> str:
    """Return the first word or parenthesis of SQL, after comments.

    Examples:
        >>> first_word("/* all */ select 1")
        'select'
    """
    import re

    found = re.match(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\(|\w+|\S)?", sql, re.DOTALL)
    return (found[1] or "") if found else ""


def close_socket(descriptor: int) -> None:
    """Shut down the connection behind a descriptor, whoever reads from it."""
    import socket

    with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as copy:
        copy.shutdown(socket.SHUT_RDWR)


__all__ = ["READING", "Database", "SqlSettings", "close_socket", "first_word"]
