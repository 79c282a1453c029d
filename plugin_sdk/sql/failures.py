"""What goes wrong with a database, as the user of a dashboard reads it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from plugin_sdk.errors import DownstreamError

if TYPE_CHECKING:
    from plugin_sdk.sql.databases.base import Database


class Trouble(Enum):
    """A kind of failure: its HTTP status and its sentence. `{0}` is the database, `{1}` its own words."""

    SETTINGS = (400, "the settings of {0} are wrong: {1}")
    LOGIN = (401, "{0} refused the login ({1}); check user and password in the data source's settings")
    NO_DATABASE = (404, "{0} has no such database ({1}); check Database in the data source's settings")
    NO_TABLE = (400, "the query names a table that is not there, or that the user may not see: {1}")
    NO_COLUMN = (400, "the query names a column that is not there: {1}")
    SYNTAX = (400, "the SQL of the query is wrong: {1}")
    VALUE = (400, "the query meets a value that it cannot work with: {1}")
    FORBIDDEN = (403, "{0} does not allow it ({1}); ask its administrator for the right to read")
    READ_ONLY = (400, "the data source only reads, so the query may not change anything: {1}")
    TLS = (502, "no encrypted connection to {0} ({1}); check TLS mode and certificates in the settings")
    UNREACHABLE = (
        502,
        "cannot open {0} ({1}); check where it is in the data source's settings, and that it runs",
    )
    LOST = (502, "{0} closed the connection in the middle of its answer ({1}); refresh the panel")
    BUSY = (503, "{0} takes no more work for now ({1}); try again, or query less at once")
    NO_CONNECTION = (
        503,
        "all {1} connections to {0} are busy; try again, or raise Connections in the data source's settings",
    )
    TIMEOUT = (
        504,
        "{0} did not finish within {1} seconds, so the query was cancelled; query a shorter time range, or "
        "raise Timeout in the data source's settings",
    )
    CANCELLED = (499, "the query was cancelled ({1})")
    OTHER = (502, "{0} failed: {1}")


class SqlError(DownstreamError):
    """A database refused or failed; `trouble` is the kind of failure."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message, status=trouble.value[0])
        self.trouble = trouble

    @classmethod
    def of(cls, trouble: Trouble, database: Database, detail: str) -> SqlError:
        """Return the error with the sentence of its kind."""
        where = (
            database.address
            if database.address == database.title
            else f"{database.title} at {database.address}"
        )
        return cls(trouble, trouble.value[1].format(where, _brief(detail)))


def _brief(detail: str) -> str:
    """Return a driver's text as one line that is not too long."""
    line = " ".join(detail.split())
    return line if len(line) <= 300 else line[:300] + "..."


def by_text(error: BaseException, texts: Mapping[str, Trouble]) -> Trouble | None:
    """Return the first kind whose words the error's text contains."""
    text = str(error)
    return next((trouble for words, trouble in texts.items() if words in text), None)


def failure(error: BaseException, database: Database) -> SqlError | None:
    """Return the error for users of what SQLAlchemy or a driver raised; None if it is not theirs."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError, TimeoutError

    if isinstance(error, SqlError):
        return error
    if isinstance(error, TimeoutError):
        limit = str(database.settings.max_connections)
        return SqlError.of(Trouble.NO_CONNECTION, database, limit)
    original: Any = getattr(error, "orig", None) or error
    if not isinstance(error, SQLAlchemyError) and not _is_drivers(original):
        return None
    trouble = database.trouble(original)
    if trouble is None:
        trouble = (
            Trouble.LOST if isinstance(error, DBAPIError) and error.connection_invalidated else Trouble.OTHER
        )
    return SqlError.of(trouble, database, _words(original))


def _is_drivers(error: BaseException) -> bool:
    from plugin_sdk._client_errors import kind_of

    return kind_of(error) is not None


def _words(error: Any) -> str:
    """Return the database's own words: without code, position and the SQL itself."""
    diagnosis = getattr(error, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    if primary:
        hint = getattr(diagnosis, "message_hint", None)
        return f"{primary} ({hint})" if hint else str(primary)
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return str(error.args[1])
    return str(error) or type(error).__name__
