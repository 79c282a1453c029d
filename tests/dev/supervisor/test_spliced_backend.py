"""The backend behind Grafana, from a real source: what its calls are answered while the author saves."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from plugin_cli.calls.launch import BackendKind
from plugin_cli.console import TerminalConsole
from plugin_cli.dev.grafana.spliced_front import SplicedFront, unix_endpoint
from plugin_cli.dev.supervisor.failure_reasons import start_reason
from plugin_cli.dev.supervisor.launch import supervise
from plugin_cli.dev.supervisor.supervisor import Supervisor
from plugin_cli.project import find_project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_sdk.client import CHANNEL_OPTIONS
from plugin_sdk.testing import PluginClient, PluginStartError, settings
from tests.source_plugin import SourcePlugin, use_this_python, write_source_plugin

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a Linux engine's way to the source")
START = 'from plugin_sdk import serve\n\nserve("weather.datasource:Weather")\n'
URL = settings({"url": "http://here"})


class Said(TerminalConsole):
    """A console that keeps its warnings."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


@dataclass
class Session:
    plugin: SourcePlugin
    supervisor: Supervisor
    client: PluginClient
    said: Said
    statuses: list[BackendStatus]

    def health(self) -> str:
        return self.client.check_health(URL).message

    def save(self, start: str) -> bool:
        self.plugin.write("backend/weather/__main__.py", start)
        return self.supervisor.replace().running


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    use_this_python(monkeypatch)
    plugin = write_source_plugin(tmp_path / "weather")
    said, statuses = Said(), list[BackendStatus]()
    folder = SessionFolder(tmp_path / "session")
    with unix_endpoint(folder) as (endpoint, listener):
        assert endpoint.folder is not None
        front, log = SplicedFront(listener), LogWriter(tmp_path / "log.jsonl")
        project = find_project(plugin.root)
        supervisor = supervise(
            project,
            folder,
            front,
            said,
            log,
            kind=BackendKind.SOURCE,
            sockets=endpoint.sockets,
            behind_grafana=True,
        )
        supervisor.subscribe(statuses.append)
        front.open()
        supervisor.start()
        address = f"unix:{endpoint.folder / 'backend.sock'}"
        with grpc.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
            yield Session(plugin, supervisor, PluginClient(channel), said, statuses)
        supervisor.close()


def test_a_start_file_that_cannot_run_is_every_calls_answer_until_it_is_fixed(session: Session) -> None:
    assert session.health() == "http://here with 0 characters"

    assert not session.save(f"{START}serve(\n")
    reason = "the backend did not start: SyntaxError: '(' was never closed (__main__.py, line 4)"
    assert session.health() == reason
    assert session.client.query_data([{"refId": "A"}], URL)["A"].error == reason
    status = session.statuses[-1]
    assert session.said.warnings == [f"the backend does not run: {status.reason}"]
    assert (status.address, status.loaded) == (None, False)
    assert "SyntaxError: '(' was never closed" in status.reason

    assert session.save(START)
    assert session.health() == "http://here with 0 characters"


def test_a_start_file_that_serves_nothing_is_told_apart(session: Session) -> None:
    assert not session.save("import sys\n\nsys.exit(3)\n")

    assert session.health() == (
        "the backend did not start: the process ended with exit code 3 before its handshake"
    )


def test_code_that_ends_the_process_is_not_run_again_before_it_is_fixed(session: Session) -> None:
    path = session.plugin.root / "backend/weather/datasource.py"
    whole = path.read_text()
    path.write_text(f"{whole}\nimport os\nos._exit(7)\n")
    session.supervisor.replace()

    deadline = time.monotonic() + 60
    while not session.said.warnings and time.monotonic() < deadline:
        time.sleep(0.05)
    reason = (
        "the backend's process ended while it loaded the plugin's code (exit code 7); fix the code "
        "and save to restart it; its output: plugin-cli dev logs"
    )
    assert session.said.warnings == [f"the backend does not run: {reason}"]
    assert session.health() == reason
    assert session.statuses[-1] == BackendStatus(None, False, reason)
    started = len(session.statuses)
    time.sleep(2.5)  # twice as long as it takes to see that a process ended
    assert len(session.statuses) == started

    path.write_text(whole)
    assert session.supervisor.replace().running
    assert session.health() == "http://here with 0 characters"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("  File \"/p/backend/x.py\", line 7, in <module>\nKeyError: 'a'", "KeyError: 'a' (x.py, line 7)"),
        (
            '  File "/p/backend/x.py", line 7, in <module>\n  File "/usr/lib/y.py", line 9, in z\nKeyError',
            "KeyError (x.py, line 7)",
        ),
        ('  File "/usr/lib/y.py", line 9, in z\nKeyError', "it ended"),
        ("not a word of it\n\n", "it ended"),
        ("", "it ended"),
    ],
)
def test_the_reason_is_the_error_and_its_place_in_the_authors_code(output: str, expected: str) -> None:
    reason = start_reason(PluginStartError("it ended", output), Path("/p"))

    assert reason == f"the backend did not start: {expected}"
