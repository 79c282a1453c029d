"""What the code editor of a query offers while its user types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plugin_sdk.sql.connection import Connections

_MOST = 5000
"""How many columns are offered: more would make the editor slow."""


class TableColumn(NamedTuple):
    """A column that the user of the database may see. `schema` is empty where it need not be written."""

    schema: str
    table: str
    name: str
    type: str


def columns_of(connections: Connections) -> list[TableColumn]:
    """Return the columns of all tables; none where the database has no catalogue that is known."""
    sql = connections.database.catalogue
    if not sql:
        return []
    found: list[TableColumn] = []
    with connections.rows(sql) as (_, parts):
        for rows in parts:
            found += [TableColumn(*(str(cell or "") for cell in row)) for row in rows]
            if len(found) >= _MOST:
                break
    first = found[0].schema if found else ""  # the catalogue begins with the schema that is the default
    return [column._replace(schema="") if column.schema == first else column for column in found[:_MOST]]


def name_of(column: TableColumn) -> str:
    """Return the name of a column's table, as SQL has to write it."""
    return f"{column.schema}.{column.table}" if column.schema else column.table


def suggestions(columns: Sequence[TableColumn], macros: Iterable[str]) -> list[dict[str, str]]:
    """Return the suggestions: tables, columns with their tables and types, macros."""
    tables = dict.fromkeys(name_of(column) for column in columns)
    found = [_suggestion(name, "table", "table") for name in tables]
    places: dict[str, list[str]] = {}
    for column in columns:
        places.setdefault(column.name, []).append(f"{name_of(column)} {column.type}".strip())
    found += [_suggestion(name, "column", ", ".join(where[:3])) for name, where in places.items()]
    return found + [_suggestion(f"$__{name}", "macro", "macro") for name in dict.fromkeys(macros)]


def _suggestion(name: str, kind: str, detail: str) -> dict[str, str]:
    return {"value": name, "label": name, "kind": kind, "detail": detail}
