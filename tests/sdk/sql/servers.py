"""Real databases, each in a folder of its own: servers of Debian's packages, and files."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plugin_sdk.sql import DuckDbSettings, MySqlSettings, PostgresSettings, SqliteSettings, SqlSettings

USER, PASSWORD = "grafana", "s3cret-of-grafana"


@dataclass
class Server:
    """A running database: how to reach it as the data source, and as its owner."""

    settings: SqlSettings
    admin: Callable[[], Any]
    """Returns a DB-API connection that may change everything."""
    processes: list[int] = field(default_factory=list)
    certificate: str = ""
    child: subprocess.Popen[bytes] | None = None

    def changed(self, **values: Any) -> SqlSettings:
        return type(self.settings).model_validate({**self.settings.model_dump(), **values})

    def signal(self, number: int) -> None:
        for pid in self.processes:
            os.kill(pid, number)

    def run(self, *statements: str) -> list[Any]:
        """Run statements as the owner; return the rows of the last."""
        with closing(self.admin()) as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            rows = list(cursor.fetchall()) if cursor.description else []
            connection.commit()
            return rows


def free_port() -> int:
    """Return a port below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as sock, suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


def eventually(predicate: Callable[[], Any], seconds: float = 60) -> Any:
    ends = time.monotonic() + seconds
    while True:
        with suppress(Exception):
            if found := predicate():
                return found
        if time.monotonic() > ends:
            return predicate()
        time.sleep(0.1)


def postgres_folder() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return found[-1] if found and os.geteuid() == 0 and shutil.which("runuser") else None


def mariadb_program() -> str | None:
    found = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return found if found and os.geteuid() == 0 else None


def certificates(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for localhost, signed by itself."""
    key, certificate = folder / "server.key", folder / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", str(key),
         "-out", str(certificate), "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


def start_postgres(folder: Path) -> Server:
    programs = postgres_folder()
    assert programs is not None
    folder.chmod(0o777)
    key, certificate = certificates(folder)
    for path in (key, certificate):
        shutil.chown(path, "postgres")
    key.chmod(0o600)
    (folder / "password").write_text("admin")
    data, port = folder / "data", free_port()

    def as_postgres(*command: str) -> None:
        subprocess.run(["runuser", "-u", "postgres", "--", *command], check=True, capture_output=True)

    as_postgres(
        str(programs / "initdb"), "-D", str(data), "-A", "scram-sha-256", "-U", "admin", "-N",
        "--pwfile", str(folder / "password"), "-E", "UTF8", "--locale", "C.UTF-8",
    )  # fmt: skip
    options = {
        "port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "ssl": "on",
        "ssl_key_file": key, "ssl_cert_file": certificate, "fsync": "off", "max_connections": 40,
    }  # fmt: skip
    with (data / "postgresql.conf").open("a") as config:
        config.writelines(f"{name} = '{value}'\n" for name, value in options.items())
    as_postgres(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "start")
    pid = int((data / "postmaster.pid").read_text().split()[0])

    def admin() -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=port, user="admin", password="admin", dbname="postgres", autocommit=True
        )

    settings = PostgresSettings.model_validate(
        {"host": "localhost", "port": port, "database": "postgres", "user": USER, "password": PASSWORD}
    )
    server = Server(settings, admin, [pid], certificate.read_text())
    server.run(
        f"CREATE USER {USER} PASSWORD '{PASSWORD}'",
        f"CREATE USER writer PASSWORD '{PASSWORD}' SUPERUSER",
    )
    return server


def start_mariadb(folder: Path) -> Server:
    program = mariadb_program()
    assert program is not None
    key, certificate = certificates(folder)
    data, port, sock = folder / "data", free_port(), folder / "s"
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={data}", "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    process = subprocess.Popen(
        [program, "--no-defaults", "--user=root", f"--datadir={data}", f"--port={port}", f"--socket={sock}",
         "--bind-address=127.0.0.1", f"--pid-file={folder / 'pid'}", f"--ssl-key={key}",
         f"--ssl-cert={certificate}", f"--log-error={folder / 'log'}", "--innodb-flush-log-at-trx-commit=0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def admin() -> Any:
        import pymysql

        return pymysql.connect(
            unix_socket=str(sock), user="root", database="mysql", autocommit=True, ssl_disabled=True
        )

    eventually(sock.exists)
    admin().close()
    settings = MySqlSettings.model_validate(
        {"host": "localhost", "port": port, "database": "metrics", "user": USER, "password": PASSWORD}
    )
    server = Server(settings, admin, [process.pid], certificate.read_text(), process)
    server.run(
        "CREATE DATABASE metrics",
        f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'",
        f"CREATE USER writer@'%' IDENTIFIED BY '{PASSWORD}'",
        "GRANT ALL ON *.* TO writer@'%'",
    )
    return server


def open_sqlite(folder: Path) -> Server:
    import sqlite3

    path = folder / "measurements.db"
    return Server(SqliteSettings(path=str(path)), lambda: sqlite3.connect(path))


def open_duckdb(folder: Path) -> Server:
    import duckdb

    path = folder / "measurements.duckdb"
    return Server(DuckDbSettings(path=str(path), folder=str(folder)), lambda: duckdb.connect(str(path)))


def stop(server: Server) -> None:
    for pid in server.processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGQUIT if isinstance(server.settings, PostgresSettings) else signal.SIGTERM)
    if server.child is not None:
        server.child.wait(60)
