"""What differs between databases, a module for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_sdk.sql.databases.base import Database
    from plugin_sdk.sql.settings import SqlSettings

_CLASSES = {"postgres": "Postgres", "mysql": "MySql", "sqlite": "Sqlite", "duckdb": "DuckDb"}


def database_of(settings: SqlSettings) -> Database:
    """Return how the database of these settings is spoken to."""
    from importlib import import_module

    dialect = type(settings).dialect
    if dialect not in _CLASSES:
        from plugin_sdk.sql.databases.base import Database

        return Database(settings)
    module = import_module(f"plugin_sdk.sql.databases.{dialect}")
    found: Database = getattr(module, _CLASSES[dialect])(settings)
    return found
