"""The author's ten lines, called as Grafana calls them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from plugin_cli.build.schema.lint import check_schema
from plugin_sdk.context import DataSourceInstanceSettings
from plugin_sdk.data import FieldType
from plugin_sdk.schema import schema_of_class
from plugin_sdk.sql import (
    DuckDbSettings,
    MySqlSettings,
    PostgresSettings,
    ServerSettings,
    SqlDataSource,
    SqliteSettings,
    SqlQuery,
)
from plugin_sdk.testing import PluginClient, in_process, settings
from tests.sdk.sql.plugin import HOUR, Source, query, source
from tests.sdk.sql.servers import PASSWORD, Server, eventually


class Postgres(SqlDataSource[PostgresSettings, SqlQuery]):
    pass


class MySql(SqlDataSource[MySqlSettings, SqlQuery]):
    pass


class Sqlite(SqlDataSource[SqliteSettings, SqlQuery]):
    pass


class DuckDb(SqlDataSource[DuckDbSettings, SqlQuery]):
    pass


CLASSES: dict[str, type] = {"postgres": Postgres, "mysql": MySql, "sqlite": Sqlite, "duckdb": DuckDb}


@pytest.fixture
def plugin(server: Server) -> Iterator[tuple[PluginClient, Any]]:
    """The data source on each database in turn, and its stored settings."""
    data = server.settings.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    secret = {"password": PASSWORD} if data.pop("password", None) else {}
    with in_process(CLASSES[type(server.settings).dialect]) as client:
        yield client, settings(data, secret)


def test_save_and_test_names_the_database(plugin: tuple[PluginClient, Any]) -> None:
    client, stored = plugin
    result = client.check_health(stored)
    assert result.message.startswith(
        (
            "connected to PostgreSQL 1",
            "connected to MySQL 1",
            "connected to SQLite 3",
            "connected to DuckDB v",
        )
    )


def test_an_alert_rule_gets_series_with_labels(plugin: tuple[PluginClient, Any]) -> None:
    client, stored = plugin
    sql = "SELECT $__time(ts), host, v FROM measurements WHERE $__timeFilter(ts)"

    asked = [{"refId": "A", "rawSql": sql}, {"refId": "B", "rawSql": sql, "format": "table"}]
    found = client.query_data(asked, stored, headers={"FromAlert": "true"}, time_range=HOUR)

    assert [response.error for response in found.values()] == ["", ""]
    for response in found.values():
        (frame,) = response.frames
        assert frame.meta is not None
        assert frame.meta.type in ("timeseries-wide", "timeseries-long")
    assert [field.labels for field in found["A"].frames[0].fields[1:]] == [{"host": "a"}, {"host": "b"}]


def test_a_variable_and_an_annotation_are_queries_too(plugin: tuple[PluginClient, Any]) -> None:
    client, stored = plugin
    found = client.query_data(
        [
            {"refId": "V", "rawSql": "SELECT DISTINCT host FROM measurements ORDER BY 1", "format": "table"},
            {
                "refId": "N",
                "rawSql": "SELECT $__time(ts), 'restarted' AS text, host AS tags FROM measurements "
                "WHERE $__timeFilter(ts) AND v = 30 AND host = 'a'",
                "format": "table",
            },
        ],
        stored,
        time_range=HOUR,
    )

    assert found["V"].frames[0].fields[0].to_list() == ["a", "b"]
    assert [field.name for field in found["N"].frames[0].fields] == ["time", "text", "tags"]
    assert found["N"].frames[0].fields[0].type is FieldType.TIME


def test_the_code_editor_is_offered_tables_columns_and_macros(server: Server) -> None:
    with source(server.settings) as made:
        offered = {(one["value"], one["kind"]) for one in made.completions()}
        tables, columns = made.tables(), made.columns("measurements")

    assert {("measurements", "table"), ("epoch", "column"), ("$__timeFilter", "macro")} <= offered
    assert "measurements" in tables
    assert "hidden" not in tables
    assert columns == ["ts", "epoch", "host", "v"]


def test_the_catalogue_is_read_once_a_minute(sqlite: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with source(sqlite.settings) as made:
        made.completions()
        seen: list[str] = []
        monkeypatch.setattr(made.connections.database, "check", seen.append)
        made.completions()
        made.tables()
    assert seen == []


def test_an_instance_that_goes_closes_its_connections(postgres: Server) -> None:
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'grafana'"
    made = Source(DataSourceInstanceSettings(settings=postgres.settings))
    made.query(query("SELECT 1 AS one"))
    assert postgres.run(count) == [(1,)]

    made.dispose()

    assert eventually(lambda: postgres.run(count) == [(0,)])


def test_certificates_are_gone_with_their_instance(postgres: Server) -> None:
    from pathlib import Path

    changed = postgres.changed(tls_mode="verify-full", tls_ca_cert=postgres.certificate)
    with source(changed) as made:
        made.query(query("SELECT 1 AS one"))
        path = Path(made.connections.database.arguments()["sslrootcert"])
        mode = path.stat().st_mode & 0o777
        folder = path.parent.stat().st_mode & 0o777

    assert (mode, folder, path.parent.exists()) == (0o600, 0o700, False)


# What authors change


class Sales(SqlDataSource[SqliteSettings, SqlQuery]):
    macros: ClassVar[Any] = {"hosts": lambda call: "host IN ('a')"}

    def query(self, query: Any) -> Any:
        return self.frame(
            "SELECT count(*) AS n FROM measurements WHERE $__hosts() AND $__timeFilter(ts)", query
        )


def test_an_author_adds_macros_and_sql_of_their_own(sqlite: Server) -> None:
    stored: Any = sqlite.settings
    made = Sales(DataSourceInstanceSettings(settings=stored))
    frame = made.query(query("ignored"))
    made.dispose()
    assert frame.fields[0].to_list() == [61]


class Plain(ServerSettings):
    driver = "postgresql+psycopg"


def test_a_database_without_a_model_needs_only_its_driver(postgres: Server) -> None:
    plain = Plain.model_validate(
        postgres.settings.model_dump(include={"host", "port", "database", "user", "password"})
    )
    with source(plain) as made:
        frame = made.query(query("SELECT v FROM measurements WHERE $__timeFilter(ts) AND host = 'a'"))
        health = made.check_health()
    assert len(frame) == 61
    assert health.message == "connected to the database"


def test_settings_without_a_driver_are_the_authors_mistake() -> None:
    with pytest.raises(TypeError, match="names no `driver`"), source(ServerSettings()):
        pass


@pytest.mark.parametrize("dialect", CLASSES)
def test_the_generated_forms_follow_the_rules(dialect: str) -> None:
    schema = schema_of_class(CLASSES[dialect])

    check_schema(schema)

    for kind in ("settings", "query"):
        assert all(field["title"] != name for name, field in schema[kind]["properties"].items())
