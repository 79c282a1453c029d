"""A data source as its author writes it, and calls of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plugin_sdk.context import DataSourceInstanceSettings, GrafanaConfig, PluginContext
from plugin_sdk.data import Frame
from plugin_sdk.messages import DataQuery, TimeRange
from plugin_sdk.sql import SqlDataSource, SqlQuery, SqlSettings
from tests.sdk.sql.servers import Server

T0_MS = 1_767_225_600_000  # 2026-01-01
HOUR = TimeRange(T0_MS, T0_MS + 3_600_000)


class Source(SqlDataSource[SqlSettings, SqlQuery]):
    pass


def never() -> bool:
    return False


def query(
    sql: str,
    *,
    format: str = "table",
    is_cancelled: Callable[[], bool] = never,
    config: dict[str, str] | None = None,
    time_range: TimeRange = HOUR,
) -> DataQuery[SqlQuery]:
    model = SqlQuery.model_validate({"rawSql": sql, "format": format})
    context = PluginContext(grafana_config=GrafanaConfig(config))
    return DataQuery("A", model, time_range, 60_000, 100, context=context, is_cancelled=is_cancelled)


@contextmanager
def source(settings: SqlSettings) -> Iterator[Source]:
    made = Source(DataSourceInstanceSettings(settings=settings))
    try:
        yield made
    finally:
        made.dispose()


def ask(server: Server, sql: str, settings: SqlSettings | None = None, **options: Any) -> Frame:
    with source(settings or server.settings) as plugin:
        return plugin.query(query(sql, **options))


def columns(frame: Frame) -> dict[str, list[Any]]:
    return {field.name: field.to_list() for field in frame.fields}
