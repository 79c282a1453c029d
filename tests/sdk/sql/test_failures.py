"""What a dashboard's user reads when a database refuses or fails, and that nothing stays open behind it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk.data.dialects import MacroError
from plugin_sdk.errors import ErrorSource, source_of, status_of, text_of
from plugin_sdk.sql import DuckDbSettings, PostgresSettings, SqlError, SqliteSettings, SqlSettings
from plugin_sdk.sql.failures import Trouble
from tests.sdk.sql.plugin import Source, ask, query, source
from tests.sdk.sql.servers import PASSWORD, USER, Server, eventually
from tests.sdk.sql.test_queries import numbers

Change = dict[str, Any]

# What is wrong with settings or query, in each server: the kind, and words of the sentence.
WRONG: dict[str, tuple[Change, str, Trouble, str]] = {
    "password": ({"password": "wrong"}, "SELECT 1", Trouble.LOGIN, "check user and password"),
    "no password": ({"password": ""}, "SELECT 1", Trouble.LOGIN, "check user and password"),
    "user": ({"user": "nobody"}, "SELECT 1", Trouble.LOGIN, "check user and password"),
    "port": ({"port": 1}, "SELECT 1", Trouble.UNREACHABLE, "check where it is"),
    "host": ({"host": "no-such-host.invalid"}, "SELECT 1", Trouble.UNREACHABLE, "check where it is"),
    "table": ({}, "SELECT * FROM temprature", Trouble.NO_TABLE, "temprature"),
    "column": ({}, "SELECT valeu FROM measurements", Trouble.NO_COLUMN, "valeu"),
    "syntax": ({}, "SELECT FROM FROM", Trouble.SYNTAX, "the SQL of the query is wrong"),
    "nothing": ({}, "  -- later", Trouble.SYNTAX, "the query is empty"),
    "change": ({}, "DROP TABLE measurements", Trouble.READ_ONLY, "begins with 'DROP'"),
}


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said(dialect: str, name: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(dialect)
    change, sql, trouble, words = WRONG[name]

    error = failed(server.changed(**change), sql)

    assert (error.trouble, status_of(error), source_of(error)) == (
        trouble,
        trouble.value[0],
        ErrorSource.DOWNSTREAM,
    )
    assert words in text_of(error)
    assert PASSWORD not in text_of(error)
    assert opened(server) == 0


def failed(settings: SqlSettings, sql: str, **options: Any) -> SqlError:
    with pytest.raises(SqlError) as caught, source(settings) as plugin:
        plugin.query(query(sql, **options))
    return caught.value


def opened(server: Server) -> int:
    """Return how many connections of the data source's user the server has, once none is closing."""
    count = {
        "postgres": f"SELECT count(*) FROM pg_stat_activity WHERE usename IN ('{USER}', 'writer')",
        "mysql": f"SELECT count(*) FROM information_schema.processlist WHERE user IN ('{USER}', 'writer')",
    }[type(server.settings).dialect]
    eventually(lambda: server.run(count)[0][0] == 0, 20)
    found: int = server.run(count)[0][0]
    return found


def test_what_only_one_database_can_say(postgres: Server, mysql: Server) -> None:
    found = [
        failed(postgres.changed(database="nope"), "SELECT 1"),
        failed(postgres.settings, "SELECT * FROM hidden"),
        failed(postgres.settings, "SELECT 1/0"),
        failed(mysql.changed(user="writer", database="nope"), "SELECT 1"),
        failed(mysql.settings, "SELECT * FROM secret.hidden"),
    ]

    assert [error.trouble for error in found] == [
        Trouble.NO_DATABASE, Trouble.FORBIDDEN, Trouble.VALUE, Trouble.NO_DATABASE, Trouble.FORBIDDEN,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "sql", "trouble", "words"),
    [
        (SqliteSettings(), "SELECT 1", Trouble.SETTINGS, "no path"),
        (SqliteSettings(path="/nowhere/a.db"), "SELECT 1", Trouble.UNREACHABLE, "no file /nowhere/a.db"),
        (SqliteSettings(path="/tmp"), "SELECT 1", Trouble.SETTINGS, "is a folder"),
        (SqliteSettings(path=__file__), "SELECT * FROM t", Trouble.UNREACHABLE, "not a database"),
        (DuckDbSettings(), "SELECT 1", Trouble.SETTINGS, "neither path nor folder"),
        (DuckDbSettings(folder="/nowhere"), "SELECT 1", Trouble.UNREACHABLE, "no folder /nowhere"),
        (DuckDbSettings(path=__file__), "SELECT 1", Trouble.UNREACHABLE, "DuckDB at"),
        (PostgresSettings(host=" "), "SELECT 1", Trouble.SETTINGS, "no host"),
        (PostgresSettings.model_validate({"tlsClientCert": "x"}), "SELECT 1", Trouble.SETTINGS, "not both"),
    ],
)
def test_a_wrong_file_or_setting_is_named(
    settings: SqlSettings, sql: str, trouble: Trouble, words: str
) -> None:
    error = failed(settings, sql)
    assert (error.trouble, words in str(error)) == (trouble, True), str(error)


@pytest.mark.parametrize("dialect", ["sqlite", "duckdb"])
@pytest.mark.parametrize("name", ["table", "column", "syntax", "nothing", "change"])
def test_what_is_wrong_with_a_query_is_said_of_a_file(
    dialect: str, name: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(dialect)
    _, sql, trouble, words = WRONG[name]

    error = failed(server.settings, sql)

    assert (error.trouble, words in str(error)) == (trouble, True), str(error)


def test_an_unknown_macro_is_the_querys_fault(sqlite: Server) -> None:
    with pytest.raises(MacroError, match="timeFilter"):
        ask(sqlite, "SELECT $__timeFiltr(ts)")


# Reading only: each of these would change something if the session allowed it.

ATTACKS = {
    "postgres": [
        "WITH gone AS (DELETE FROM measurements RETURNING 1) SELECT * FROM gone",
        "SELECT 1; DROP TABLE measurements",
        "EXPLAIN ANALYZE DELETE FROM measurements",
        "SHOW server_version; SET TRANSACTION READ WRITE; DROP TABLE measurements; COMMIT",
        "SELECT set_config('transaction_read_only', 'off', false), nextval('counter')",
        "SELECT nextval('counter')",
        "SELECT setval('counter', 7)",
        "SELECT 1 INTO copied",
        "TABLE measurements; COMMIT; DROP TABLE measurements",
        "( SELECT 1 ); DROP TABLE measurements",
    ],
    "mysql": [
        "SELECT 1; DROP TABLE measurements",
        "WITH one AS (SELECT 1) DELETE FROM measurements",
        "EXPLAIN DELETE FROM measurements; COMMIT",
        "SELECT nextval(counter)",
        "SHOW TABLES; DROP TABLE measurements",
    ],
    "sqlite": [
        "SELECT 1; DROP TABLE measurements",
        "WITH one AS (SELECT 1) DELETE FROM measurements",
        "EXPLAIN SELECT 1; DELETE FROM measurements",
        "PRAGMA query_only = OFF",
        "ATTACH 'other.db' AS other",
    ],
    "duckdb": [
        "SELECT 1; DROP TABLE measurements",
        "EXPLAIN ANALYZE DELETE FROM measurements",
        "SELECT 1; COPY measurements TO '{folder}/written.csv'",
        "EXPLAIN ANALYZE COPY measurements TO '{folder}/written.csv'",
        "FROM measurements; SET enable_external_access = true",
        "SELECT * FROM read_text('/etc/hostname')",
        "WITH one AS (SELECT 1) DELETE FROM measurements",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "sql"), [(dialect, sql) for dialect, found in ATTACKS.items() for sql in found]
)
def test_a_query_cannot_change_anything(
    dialect: str, sql: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(dialect)
    settings = server.changed(user="writer") if dialect in ("postgres", "mysql") else server.settings
    if dialect in ("postgres", "mysql"):
        use = ["USE metrics"] if dialect == "mysql" else []
        server.run(*use, "DROP SEQUENCE IF EXISTS counter", "CREATE SEQUENCE counter")

    with source(settings) as plugin:
        for _ in range(2):  # the second one on the connection of the first
            with pytest.raises(SqlError):
                plugin.query(query(sql.format(folder=tmp_path)))

    assert len(ask(server, "SELECT * FROM measurements")) == 160
    assert not list(tmp_path.iterdir())
    if dialect == "postgres":
        assert server.run("SELECT is_called FROM counter") == [(False,)]


def test_duckdb_reads_the_files_of_its_folder_alone(tmp_path: Path) -> None:
    folder, outside = tmp_path / "files", tmp_path / "outside.csv"
    folder.mkdir()
    for path in (folder / "a.csv", outside):
        path.write_text("ts,v\n2026-01-01 00:00:00,1.5\n")
    with source(DuckDbSettings(folder=str(folder))) as plugin:
        frame = plugin.query(query(f"SELECT * FROM '{folder}/*.csv'"))
        with pytest.raises(SqlError) as caught:
            plugin.query(query(f"SELECT * FROM '{outside}'"))

    assert [(field.name, field.type.value) for field in frame.fields] == [("ts", "time"), ("v", "float64")]
    assert caught.value.trouble is Trouble.FORBIDDEN


# A cancelled panel, a query that takes too long, a server that hangs or stops

SLOW = {
    "postgres": "SELECT pg_sleep(120)",
    "mysql": "SELECT SLEEP(120)",
    "sqlite": "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "duckdb": "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3",
}
RUNNING = {
    "postgres": "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND usename = 'grafana'",
    "mysql": "SELECT count(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(120)%' AND user = 'grafana'",
}


def in_thread(plugin: Source, sql: str, left: threading.Event) -> tuple[threading.Thread, list[Exception]]:
    errors: list[Exception] = []

    def run() -> None:
        try:
            plugin.query(query(sql, is_cancelled=left.is_set))
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, errors


def test_a_cancelled_panel_cancels_the_query_in_the_database(server: Server) -> None:
    dialect = type(server.settings).dialect
    left = threading.Event()
    with source(server.changed(timeout=0)) as plugin:
        thread, errors = in_thread(plugin, SLOW[dialect], left)
        if dialect in RUNNING:
            assert eventually(lambda: server.run(RUNNING[dialect])[0][0])
        else:
            time.sleep(0.5)
        left.set()
        thread.join(60)
        assert not thread.is_alive()
        if dialect in RUNNING:
            assert eventually(lambda: server.run(RUNNING[dialect])[0][0] == 0)
        assert len(plugin.query(query("SELECT 1 AS one"))) == 1
        assert plugin.engine.pool.checkedout() == 0

    assert [status_of(error) for error in errors] == [499]


def test_a_query_that_takes_too_long_is_cancelled(server: Server) -> None:
    error = failed(server.changed(timeout=0.5), SLOW[type(server.settings).dialect])

    assert (error.trouble, status_of(error)) == (Trouble.TIMEOUT, 504)
    assert "did not finish within 0.5 seconds" in str(error)
    if type(server.settings).dialect in RUNNING:
        assert opened(server) == 0


def test_a_panel_that_is_cancelled_between_two_parts_stops(server: Server) -> None:
    left = threading.Event()
    with source(server.settings) as plugin:
        rows = plugin.connections.rows(numbers(server, 10_000_000), is_cancelled=left.is_set)

        def read() -> None:
            with rows as (_, parts):
                for _part in parts:
                    left.set()
                    time.sleep(0.05)

        with pytest.raises(SqlError) as caught:
            read()
        assert plugin.engine.pool.checkedout() == 0

    assert caught.value.trouble is Trouble.CANCELLED


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
def test_a_server_that_hangs_does_not_keep_a_cancelled_panel(
    dialect: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(dialect)
    left = threading.Event()
    with source(server.changed(timeout=0)) as plugin:
        thread, errors = in_thread(plugin, SLOW[dialect], left)
        assert eventually(lambda: server.run(RUNNING[dialect])[0][0])
        server.signal(signal.SIGSTOP)
        try:
            left.set()
            thread.join(60)
            is_stuck = thread.is_alive()
        finally:
            server.signal(signal.SIGCONT)
        thread.join(60)

    assert not is_stuck
    assert [status_of(error) for error in errors] == [499]
    assert opened(server) == 0


CUTS: dict[str, Callable[[Server], Any]] = {
    "postgres": lambda server: server.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'grafana'"
    ),
    "mysql": lambda server: [
        server.run(f"KILL CONNECTION {row[0]}")
        for row in server.run("SELECT id FROM information_schema.processlist WHERE user = 'grafana'")
    ],
}


@pytest.mark.parametrize("dialect", CUTS)
def test_a_server_that_stops_in_the_middle_of_its_answer_is_named(
    dialect: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(dialect)

    def read(plugin: Source) -> None:
        with plugin.connections.rows(numbers(server, 50_000_000)) as (_, parts):
            next(parts)
            CUTS[dialect](server)
            for _part in parts:
                pass

    with source(server.settings) as plugin:
        with pytest.raises(SqlError) as caught:
            read(plugin)
        again = plugin.query(query("SELECT 1 AS one"))

    assert (caught.value.trouble, status_of(caught.value)) == (Trouble.LOST, 502)
    assert "in the middle of its answer" in str(caught.value)
    assert len(again) == 1
    assert opened(server) == 0


def test_when_all_connections_are_busy_the_next_query_says_so(
    sqlite: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin_sdk.sql.connection._POOL_SECONDS", 0.2)
    with source(sqlite.changed(max_connections=1)) as plugin, plugin.engine.connect():
        error = failure_of(plugin)

    assert "all 1 connections to" in str(error)
    assert status_of(error) == 503


def failure_of(plugin: Source) -> SqlError:
    with pytest.raises(SqlError) as caught:
        plugin.query(query("SELECT 1"))
    return caught.value


def test_a_missing_driver_names_the_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with (
        pytest.raises(ModuleNotFoundError, match=r"needs psycopg\[binary\]>=3.2"),
        source(PostgresSettings()),
    ):
        pass


# TLS, as the settings' mode says


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
@pytest.mark.parametrize("mode", ["disable", "require", "verify-ca", "verify-full"])
def test_a_server_of_the_authority_is_trusted(
    dialect: str, mode: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(dialect)
    encrypted = {
        "postgres": "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "mysql": "SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'",
    }

    frame = ask(server, encrypted[dialect], server.changed(tls_mode=mode, tls_ca_cert=server.certificate))

    assert frame.fields[0].to_list() == [mode != "disable"]


@pytest.mark.parametrize("dialect", ["postgres", "mysql"])
@pytest.mark.parametrize(
    "change",
    [
        {"tls_mode": "verify-full"},
        {"tls_mode": "verify-ca"},
        {"tls_mode": "verify-full", "host": "127.0.0.1", "tls_ca_cert": ""},
    ],
    ids=["authority", "authority alone", "name"],
)
def test_a_server_that_is_not_trusted_is_named(
    dialect: str, change: dict[str, str], request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(dialect)
    if "tls_ca_cert" in change:
        change = {**change, "tls_ca_cert": server.certificate}

    error = failed(server.changed(**change), "SELECT 1")

    assert (error.trouble, status_of(error)) == (Trouble.TLS, 502), str(error)
