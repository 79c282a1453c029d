"""A data source whose resource `/probe` tries what plugins do and says how each went."""

import importlib.resources
import multiprocessing
import os
import pkgutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import weather_datasource
from weather_datasource.models import Query, Settings

from plugin_sdk import (
    CheckHealthResult,
    DataQuery,
    DataSource,
    DataSourceInstanceSettings,
    Field,
    Frame,
    resource,
)


def _square(number: int) -> int:
    return number * number


def _in_processes(method: str) -> list[int]:
    with multiprocessing.get_context(method).Pool(2) as pool:
        return pool.map(_square, [1, 2, 3])


def _resolve(name: str) -> list[str]:
    return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)})


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


PROBES: dict[str, Callable[[], object]] = {
    "user": os.getuid,
    "variables": lambda: sorted(name for name in os.environ if name.startswith(("LD_", "PLUGIN_LAUNCHER"))),
    "localhost": lambda: "127.0.0.1" in _resolve("localhost"),
    "hosts_file": lambda: _resolve("in-hosts.test"),
    "dns": lambda: _resolve("in-dns.test"),
    "certificates": lambda: len(ssl.create_default_context().get_ca_certs()) > 50,
    "zone": lambda: datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")).isoformat(),
    "itself": lambda: _run(sys.executable, "-version"),
    "shell": lambda: _run("/bin/sh", "-c", "echo shell") if os.access("/bin/sh", os.X_OK) else "shell",
    "spawn": lambda: _in_processes("spawn"),
    "forkserver": lambda: _in_processes("forkserver"),
    "unicode": lambda: "é".encode("cp1252").decode("cp1252") + str(sys.getfilesystemencoding()),
    "modules": lambda: sorted(module.name for module in pkgutil.iter_modules(weather_datasource.__path__)),
    "package_data": lambda: (importlib.resources.files("certifi") / "cacert.pem").is_file(),
    "read_only": lambda: os.access(os.path.dirname(sys.executable), os.W_OK),  # noqa: PTH120,
}


class WeatherDataSource(DataSource[Settings, Query]):
    def __init__(self, instance: DataSourceInstanceSettings[Settings]) -> None:
        self.settings = instance.settings

    def query(self, query: DataQuery[Query]) -> Frame:
        return Frame(
            "sample",
            Field("time", [query.time_range.from_, query.time_range.to]),
            Field("value", [10.0, 20.0]),
        )

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok("alive")

    @resource("GET", "/stations")
    def stations(self) -> list[str]:
        return ["berlin"]

    @resource("GET", "/probe")
    def probe(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for name, ask in PROBES.items():
            try:
                found[name] = ask()
            except BaseException as error:
                found[name] = f"{type(error).__name__}: {error}"
        return found
