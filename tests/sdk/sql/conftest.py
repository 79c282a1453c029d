from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sdk.sql import servers
from tests.sdk.sql.servers import Server

# The same rows in each database: two hosts, a value each half minute of an hour, beginning at T0.
_TYPES = {"postgres": "TIMESTAMPTZ", "mysql": "DATETIME(3)", "sqlite": "TEXT", "duckdb": "TIMESTAMPTZ"}


def fill(server: Server) -> Server:
    dialect = type(server.settings).dialect
    statements = [
        f"CREATE TABLE measurements (ts {_TYPES[dialect]}, epoch BIGINT, host VARCHAR(20), v DOUBLE PRECISION)"
    ]
    for minute in range(-10, 70):
        hour, rest = divmod(minute % 1440, 60)
        day = "2026-01-01" if minute >= 0 else "2025-12-31"
        stamp = f"{day} {hour:02}:{rest:02}:00"
        shown = stamp + "+00" if "TZ" in _TYPES[dialect] else stamp
        epoch = 1_767_225_600 + minute * 60
        rows = ", ".join(f"('{shown}', {epoch}, '{host}', {minute})" for host in "ab")
        statements.append(f"INSERT INTO measurements VALUES {rows}")
    if dialect == "postgres":
        statements.append("GRANT SELECT ON measurements TO grafana")
        statements.append("CREATE TABLE hidden (x INT)")
    if dialect == "mysql":
        statements.insert(0, "USE metrics")
        statements += [
            "GRANT SELECT ON metrics.* TO grafana@'%'",
            "CREATE DATABASE secret",
            "CREATE TABLE secret.hidden (x INT)",
        ]
    server.run(*statements)
    return server


def _started(start: Callable[[Path], Server]) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="sql-", ignore_cleanup_errors=True) as folder:
        server = start(Path(folder))
        try:
            yield fill(server)
        finally:
            servers.stop(server)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    if servers.postgres_folder() is None:
        pytest.skip("needs postgresql, and root rights to start it")
    yield from _started(servers.start_postgres)


@pytest.fixture(scope="session")
def mysql() -> Iterator[Server]:
    if servers.mariadb_program() is None:
        pytest.skip("needs mariadb-server, and root rights to start it")
    yield from _started(servers.start_mariadb)


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Server]:
    yield from _started(servers.open_sqlite)


@pytest.fixture(scope="session")
def duckdb() -> Iterator[Server]:
    yield from _started(servers.open_duckdb)


@pytest.fixture(params=["postgres", "mysql", "sqlite", "duckdb"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each database in turn."""
    found: Server = request.getfixturevalue(request.param)
    return found
