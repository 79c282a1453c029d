"""The base class of data sources on an SQL database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from plugin_sdk.cache import cached
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.data import Frame, FrameMeta
from plugin_sdk.data.macros import MACROS, Macro, expand
from plugin_sdk.datasource import DataSource
from plugin_sdk.messages import CheckHealthResult, DataQuery, HealthStatus
from plugin_sdk.routing import resource
from plugin_sdk.sql.completions import TableColumn, columns_of, name_of, suggestions
from plugin_sdk.sql.connection import Connections
from plugin_sdk.sql.query import SqlQuery
from plugin_sdk.sql.reading import read_frame, series_of
from plugin_sdk.sql.settings import SqlSettings

S = TypeVar("S", bound=SqlSettings)
Q = TypeVar("Q", bound=SqlQuery)


class SqlDataSource(DataSource[S, Q]):
    """A data source on an SQL database; derive from it and name the models of settings and query.

    Panels, alert rules, variables and annotations run the query's SQL, its macros replaced. It only reads:
    transactions are read-only, files are opened so. Results come in parts, up to the limit of rows, with a
    notice where there are more. A cancelled panel cancels its query in the database. `self.frame(sql, query)`
    runs SQL of your own.

    Examples:
        >>> from plugin_sdk.sql import SqlDataSource, SqlQuery, SqliteSettings
        >>> class Measurements(SqlDataSource[SqliteSettings, SqlQuery]):
        ...     pass
    """

    macros: ClassVar[Mapping[str, Macro]] = {}
    """Macros of your own, by name without `$__`."""

    def __init__(self, instance: DataSourceInstanceSettings[S]) -> None:
        super().__init__(instance)
        self.connections = Connections(instance.settings)

    @property
    def engine(self) -> Any:
        """SQLAlchemy's engine, whose connections only read."""
        return self.connections.engine

    def query(self, query: DataQuery[Q]) -> Frame:
        """Return the result of a query's SQL."""
        model = query.model
        return self.frame(model.raw_sql, query, as_series=model.format == "time_series")

    def frame(self, sql: str, query: DataQuery[Any], *, as_series: bool = False) -> Frame:
        """Run SQL for a query's time range, and return its result.

        Args:
            sql: with macros such as `$__timeFilter(created)`.
            query: whose time range, interval and caller count.
            as_series: turn rows with a time and texts into a field for each series.

        Raises:
            SqlError: whatever goes wrong with the database.
            MacroError: a macro cannot be expanded.
        """
        expanded = self.expand(sql, query)
        limit = min(self.instance.settings.row_limit, query.context.grafana_config.sql_row_limit)
        size = query.context.grafana_config.response_limit
        with self.connections.rows(expanded, is_cancelled=query.is_cancelled) as (names, parts):
            times = self.connections.database.times_in_texts
            frame = read_frame(names, parts, limit=limit, most_bytes=size, times_in_texts=times)
        meta = frame.meta or FrameMeta()
        meta.executed_query_string = expanded
        frame.meta = meta
        return series_of(frame) if as_series else frame

    def expand(self, sql: str, query: DataQuery[Any]) -> str:
        """Return the SQL with its macros replaced."""
        dialect = self.connections.database.macros
        return expand(sql, query, dialect=dialect, macros=self.macros)

    def check_health(self) -> CheckHealthResult:
        """Connect, and say which database answers."""
        database = self.connections.database
        with self.connections.rows(database.probe) as (_, parts):
            next(parts, None)
            list(parts)
        version = self._version()
        return CheckHealthResult(HealthStatus.OK, f"connected to {database.title} {version}".strip())

    def _version(self) -> str:
        database = self.connections.database
        if not database.version:
            return ""
        with self.connections.rows(database.version) as (_, parts):
            rows = [row for part in parts for row in part]
        return str(rows[0][0]) if rows else ""

    @resource("GET", "/completions")
    def completions(self) -> list[dict[str, str]]:
        """Return what the query editor offers: tables, columns and macros."""
        return suggestions(self._columns(), [*MACROS, *self.macros])

    @resource("GET", "/tables")
    def tables(self) -> list[str]:
        """Return the names of tables, for `options_from("tables")`."""
        return list(dict.fromkeys(name_of(column) for column in self._columns()))

    @resource("GET", "/columns")
    def columns(self, table: str) -> list[str]:
        """Return the columns of a table, for `options_from("columns", "table")`."""
        return [column.name for column in self._columns() if name_of(column) == table]

    @cached(seconds=60)
    def _columns(self) -> list[TableColumn]:
        return columns_of(self.connections)

    def dispose(self) -> None:
        """Close all connections."""
        self.connections.close()
