"""The query of an SQL data source, with the keys of Grafana's own SQL data sources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from plugin_sdk.forms import form


class SqlQuery(BaseModel):
    """SQL with macros, and whether its rows are series; derive a model of your own for more fields.

    Dashboard variables are inserted as quoted texts, so `host IN ($host)` is right for one value and for
    several; `${name:raw}` inserts a variable as it is.
    """

    model_config = ConfigDict(populate_by_name=True)

    raw_sql: Annotated[
        str,
        form(
            widget="code",
            language="sql",
            height=160,
            interpolate="sqlstring",
        ),
    ] = Field("", alias="rawSql", title="SQL")
    format: Annotated[
        Literal["time_series", "table"], form(labels={"time_series": "Time series", "table": "Table"})
    ] = Field("time_series", title="Format")
