"""Macros of the MySQL dialect, run by a MariaDB server: whatever a column holds, the rows of the range are found."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from plugin_sdk.data.macros import Span, expand

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = int(T0.timestamp())
SPAN = Span(SECONDS * 1000, (SECONDS + 7200) * 1000, 60_000)
Database = Callable[[str], list[list[str]]]

# The type of a column, and how it holds an instant.
STORED: dict[str, tuple[str, Callable[[int], str]]] = {
    "datetime": ("DATETIME", lambda at: f"'{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}'"),
    "datetime with a fraction": ("DATETIME(3)", lambda at: f"'{datetime.fromtimestamp(at, UTC):%F %T}.250'"),
    "timestamp": ("TIMESTAMP NULL", lambda at: f"FROM_UNIXTIME({at})"),
    "text": ("VARCHAR(30)", lambda at: f"'{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}'"),
    "seconds": ("BIGINT", str),
    "seconds in an int": ("INT UNSIGNED", str),
    "seconds with a fraction": ("DOUBLE", lambda at: f"{at}.25"),
    "seconds as decimals": ("DECIMAL(20,3)", lambda at: f"{at}.250"),
    "milliseconds": ("BIGINT", lambda at: f"{at}000"),
    "milliseconds in a double": ("DOUBLE", lambda at: f"{at}000"),
}
# What a panel asks, and the values that it is to get, of rows half an hour apart that begin an hour before the range.
ASKED: dict[str, tuple[str, list[int]]] = {
    "a range": ("SELECT v FROM {t} WHERE $__timeFilter(at) ORDER BY v", [0, 1, 2, 3]),
    "not a range": ("SELECT v FROM {t} WHERE NOT $__timeFilter(at) ORDER BY v", [-2, -1, 4, 5]),
    "a start": ("SELECT v FROM {t} WHERE $__timeFrom(at) ORDER BY v", [0, 1, 2, 3, 4, 5]),
    "an end": ("SELECT v FROM {t} WHERE $__timeTo(at) ORDER BY v", [-2, -1, 0, 1, 2, 3]),
    "groups": ("SELECT sum(v) FROM {t} WHERE $__timeFilter(at) GROUP BY $__timeGroup(at, '1h') ORDER BY 1", [1, 5]),
    "groups of a period": ("SELECT sum(v) FROM {t} WHERE $__timeFilter(at) GROUP BY $__timeGroup(at, hour) ORDER BY 1", [1, 5]),
}  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """Run a server of its own, with a table of each way to store instants."""
    missing = [name for name in ("mariadbd", "mariadb-install-db", "mariadb") if not shutil.which(name)]
    if missing:
        pytest.skip(f"optional: needs {', '.join(missing)}")
    # A socket's path has to be short.
    with TemporaryDirectory(prefix="db") as folder, server(Path(folder)) as ask:
        for kind, stored in STORED.values():
            rows = ", ".join(f"({stored(SECONDS + at * 1800 + 60)}, {at})" for at in range(-2, 6))
            ask(f"CREATE TABLE {table(kind, stored)} (at {kind}, v INT, KEY(at))")
            ask(f"INSERT INTO {table(kind, stored)} VALUES {rows}")
        yield ask


@contextmanager
def server(folder: Path) -> Iterator[Database]:
    """Run a server without a network; return what runs SQL in it, as lines of words."""
    user = ["--user=root"] if os.getuid() == 0 else []
    data = ["--no-defaults", f"--datadir={folder}/data", *user]
    log = (folder / "log").open("w+b")
    subprocess.run(["mariadb-install-db", *data, "--skip-test-db"], check=True, stdout=log, stderr=log)
    options = [
        f"--socket={folder}/s",
        "--skip-networking",
        "--skip-grant-tables",
        "--default-time-zone=+00:00",
    ]
    process = subprocess.Popen(["mariadbd", *data, *options], stdout=log, stderr=log)

    def ask(sql: str) -> list[list[str]]:
        client = ["mariadb", "--no-defaults", f"--socket={folder}/s", "--batch", "--skip-column-names"]
        done = subprocess.run([*client, "-e", sql, "d"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [line.split("\t") for line in done.stdout.splitlines()]

    try:
        until = time.monotonic() + 120
        while not (folder / "s").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        assert (folder / "s").exists(), (folder / "log").read_text()
        subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={folder}/s", "-e", "CREATE DATABASE d"], check=True
        )
        yield ask
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def table(kind: str, stored: Callable[[int], str]) -> str:
    return f"t{list(STORED.values()).index((kind, stored))}"


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("stored", STORED)
def test_the_rows_of_the_range_are_found(database: Database, stored: str, asked: str) -> None:
    sql, expected = ASKED[asked]

    found = database(expand(sql.format(t=table(*STORED[stored])), SPAN, dialect="mysql"))

    assert [int(value) for (value,) in found] == expected


@pytest.mark.parametrize("stored", ["datetime", "timestamp"])
@pytest.mark.parametrize("macro", ["timeFilter", "timeFrom", "timeTo"])
def test_an_index_on_instants_is_used(database: Database, stored: str, macro: str) -> None:
    name = table(*STORED[stored])

    (plan,) = database(
        expand(f"EXPLAIN SELECT v FROM {name} FORCE INDEX (at) WHERE $__{macro}(at)", SPAN, dialect="mysql")
    )

    assert "range" in plan
