"""Provisioning that changes while Grafana runs: read again where its administrator may log in, else told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from plugin_cli.console import Console
from plugin_cli.dev.grafana.provisioning import watch_provisioning
from plugin_cli.dev.grafana.reload import reload_data_sources
from plugin_cli.project import find_project
from plugin_cli.session.log import LogWriter, read_log
from plugin_cli.session.record import SessionFolder
from tests.source_plugin import PROVISIONING, SourcePlugin, write_source_plugin


class Listening(Console):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: SimpleQueue[str] = SimpleQueue()

    def step(self, text: str) -> None:
        pass

    def warn(self, text: str) -> None:
        self.warnings.put(text)


@pytest.fixture
def plugin(tmp_path: Path) -> SourcePlugin:
    return write_source_plugin(tmp_path / "weather")


def grafana(allowed: str) -> type[BaseHTTPRequestHandler]:
    class Grafana(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            right = self.path.endswith("/datasources/reload") and self.headers["Authorization"] == allowed
            self.send_response(200 if right else 401)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    return Grafana


@pytest.fixture
def url() -> Iterator[str]:
    # admin:secret
    server = HTTPServer(("127.0.0.1", 0), grafana("Basic YWRtaW46c2VjcmV0"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_grafana_reads_again_where_its_administrator_may_log_in(url: str) -> None:
    assert reload_data_sources(url, {"GF_SECURITY_ADMIN_PASSWORD": "secret"}) == ""
    assert "answers 401 to admin" in reload_data_sources(url, {})
    assert "GF_AUTH_BASIC_ENABLED is false" in reload_data_sources(url, {"GF_AUTH_BASIC_ENABLED": "false"})


def test_a_grafana_that_does_not_answer_is_no_crash(unused_url: str) -> None:
    assert reload_data_sources(unused_url, {}) != ""


@pytest.fixture
def unused_url() -> str:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return f"http://127.0.0.1:{server.server_address[1]}/"


def save_until(path: Path, text: str, said: SimpleQueue[str], expected: str) -> None:
    """Save again and again, since the first time may come before the watch stands, until it is said."""
    for number in range(120):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}\n# {number}\n")
        with suppress(Empty):
            while expected not in said.get(timeout=0.5):
                pass
            return
    raise AssertionError(f"never said: {expected}")


def test_changes_are_taken_over_or_it_is_said_how(plugin: SourcePlugin, tmp_path: Path) -> None:
    log, console = tmp_path / "log.jsonl", Listening()
    answer = "nobody may log in"
    asked: SimpleQueue[str] = SimpleQueue()

    def reload() -> str:
        asked.put("asked")
        return answer

    folder = plugin.root / "provisioning"
    path = folder / "datasources" / "weather.yaml"
    session = SessionFolder(tmp_path)
    with watch_provisioning(find_project(plugin.root), session, reload, console, LogWriter(log)):
        words = (
            "changed: provisioning/datasources/weather.yaml; "
            "Grafana reads provisioning when it starts: plugin-cli dev down, then dev up"
        )
        save_until(path, PROVISIONING, console.warnings, words)
        save_until(
            path, "a: [", console.warnings, f"Grafana keeps the settings it has: {path} cannot be read"
        )
        answer = ""
        while not asked.empty():
            asked.get()
        save_until(path, PROVISIONING, asked, "asked")
        save_until(
            folder / "alerting" / "rule.yaml", "{}", console.warnings, "provisioning/alerting/rule.yaml"
        )

    entries = read_log(log)
    assert next(entry.fields for entry in entries if entry.level == "warn") == {"reason": "nobody may log in"}
    assert "Grafana has reloaded its data sources: provisioning/datasources/weather.yaml" in [
        entry.message for entry in entries
    ]
    assert {entry.level for entry in entries} == {"warn", "error", "info"}
