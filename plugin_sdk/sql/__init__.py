"""Data sources on SQL databases: settings, a query model, and a base class that does the rest.

Example:
    class Warehouse(SqlDataSource[PostgresSettings, SqlQuery]):
        pass

It needs SQLAlchemy, which the extra `grafana-plugin-cli[sql]` brings, and the database's driver: psycopg,
pymysql, or duckdb with duckdb-engine; SQLite needs none. Names are imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.sql.datasource import SqlDataSource
    from plugin_sdk.sql.failures import SqlError
    from plugin_sdk.sql.query import SqlQuery
    from plugin_sdk.sql.settings import (
        DuckDbSettings,
        MySqlSettings,
        PostgresSettings,
        ServerSettings,
        SqliteSettings,
        SqlSettings,
    )

_HOMES = {
    "datasource": "SqlDataSource",
    "failures": "SqlError",
    "query": "SqlQuery",
    "settings": "DuckDbSettings MySqlSettings PostgresSettings ServerSettings SqlSettings SqliteSettings",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'plugin_sdk.sql' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"plugin_sdk.sql.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "DuckDbSettings",
    "MySqlSettings",
    "PostgresSettings",
    "ServerSettings",
    "SqlDataSource",
    "SqlError",
    "SqlQuery",
    "SqlSettings",
    "SqliteSettings",
]
