"""The processes of a session's backend, from a real source: which one takes over, and what is told of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from plugin_cli.calls.launch import source_command
from plugin_cli.console import TerminalConsole
from plugin_cli.dev.supervisor.process import BackendProcess
from plugin_cli.dev.supervisor.supervisor import Supervisor
from plugin_cli.project import find_project
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.log import LogWriter, read_log
from plugin_cli.system.cache import private_dir
from plugin_sdk.testing import PluginClient, settings
from tests.source_plugin import SourcePlugin, use_this_python, write_source_plugin

SOURCE = """
import os, sys
from plugin_sdk import CheckHealthResult, DataSource
class Weather(DataSource):
    def check_health(self):
        return CheckHealthResult.ok("one " + ("waited" if "--standby" in sys.orig_argv else "began anew"))
"""


class NoFront:
    """Passes no calls on: the tests call the process themselves."""

    def __init__(self) -> None:
        self.processes: list[BackendProcess] = []

    def hold(self) -> None:
        """Do nothing."""

    def point_at(self, process: BackendProcess) -> None:
        """Keep it."""
        self.processes.append(process)

    def refuse(self, status: BackendStatus) -> None:
        """Do nothing."""

    def release(self, process: BackendProcess) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@dataclass
class Session:
    """Starts processes as a development session does, and ends them with the test."""

    plugin: SourcePlugin
    log: Path
    version: int = 1
    statuses: list[BackendStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        project = find_project(self.plugin.root)
        source = source_command(project, TerminalConsole())
        self.front = NoFront()
        self.supervisor = Supervisor(
            project,
            lambda: replace(source, standby=True, version=self.version),
            self.front,
            LogWriter(self.log),
            schemas=private_dir(self.log.parent / "schemas"),
        )
        self.supervisor.subscribe(self.statuses.append)

    def start(self) -> str:
        """Start the next one; return why it could not be loaded, when the one after it stands by."""
        self.supervisor.replace()
        return self.supervisor.wait_until_loaded(60).reason

    def health(self) -> str:
        with grpc.insecure_channel(self.front.processes[-1].address) as channel:
            return PluginClient(channel).check_health(settings()).message

    def schema(self) -> dict[str, Any]:
        found = self.supervisor.schema(60)
        assert found is not None
        return found

    def standby(self) -> BackendProcess:
        found = self.supervisor.standby.process
        assert found is not None
        return found


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    use_this_python(monkeypatch)
    plugin = write_source_plugin(tmp_path / "weather")
    plugin.write("backend/weather/datasource.py", SOURCE)
    made = Session(plugin, tmp_path / "log.jsonl")
    yield made
    made.supervisor.close()


def test_the_next_process_has_waited_and_runs_the_code_of_now(session: Session) -> None:
    assert session.start() == ""
    assert session.health() == "one began anew"
    session.plugin.write("backend/weather/datasource.py", SOURCE.replace("one ", "two "))

    assert session.start() == ""

    assert session.health() == "two waited"


def kill(session: Session) -> None:
    os.kill(session.standby().pid, signal.SIGKILL)
    session.standby().exit_code()


def install(session: Session) -> None:
    session.version += 1


@pytest.mark.parametrize("spoil", [kill, install])
def test_one_that_waited_in_vain_is_replaced(session: Session, spoil: Callable[[Session], None]) -> None:
    session.start()
    waiting = session.standby()
    spoil(session)

    assert session.start() == ""

    assert session.health() == "one began anew"
    assert not waiting.running()


def test_what_became_of_a_process_is_recorded(session: Session) -> None:
    session.start()
    source = session.plugin.write("backend/weather/datasource.py", "\n\nclass Weather(:\n")
    problem = session.start()
    session.plugin.write("backend/weather/datasource.py", SOURCE)
    session.start()

    # What a process that answers has not loaded yet is a status too, unless it has loaded by then.
    loaded, broken, healed = (status for status in session.statuses if status.loaded is not None)
    addresses = [process.address for process in session.front.processes]
    assert loaded == BackendStatus(addresses[0], True)
    assert broken == BackendStatus(addresses[1], False, problem, str(source), 3)
    assert problem.endswith("SyntaxError: invalid syntax (datasource.py, line 3)")
    assert healed == BackendStatus(addresses[2], True)
    lines = [entry for entry in read_log(session.log) if entry.source == "plugin"]
    assert "the plugin's code is loaded" in [line.message for line in lines]
    assert not [line for line in lines if "event" in line.fields]


def test_one_that_does_not_start_is_recorded_with_its_words(session: Session) -> None:
    session.plugin.write(
        "backend/weather/__main__.py",
        "import sys\nsys.exit('no licence')\nserve('weather.datasource:Weather')",
    )

    session.supervisor.replace()

    (record,) = session.statuses
    assert (record.address, record.loaded) == (None, False)
    assert "no licence" in record.reason


def test_a_standby_process_that_cannot_start_is_started_again(session: Session) -> None:
    session.start()
    session.plugin.write(
        "backend/weather/__main__.py",
        "import sys\nif '--standby' in sys.orig_argv: sys.exit('no')\n"
        "from plugin_sdk import serve\nserve('weather.datasource:Weather')",
    )

    assert session.start() == ""

    assert session.health() == "one began anew"


def test_the_one_that_waits_ends_with_the_session(session: Session) -> None:
    session.start()
    waiting = session.standby()

    session.supervisor.close()

    assert not waiting.running()


def test_nothing_is_prepared_once_the_session_is_closed(session: Session) -> None:
    session.supervisor.standby.close()

    session.start()

    assert session.supervisor.standby.process is None


def test_the_backend_describes_its_own_models(session: Session) -> None:
    assert session.supervisor.schema(0) is None
    text = (
        "from pydantic import BaseModel\nclass Query(BaseModel):\n    station: str = ''\n"
        + SOURCE.replace("DataSource)", "DataSource[dict, Query])").replace(
            "import CheckHealthResult, DataSource[dict, Query]", "import CheckHealthResult, DataSource"
        )
    )
    session.plugin.write("backend/weather/datasource.py", text)
    session.start()
    assert set(session.schema()["schema"]["query"]["properties"]) == {"station"}

    session.plugin.write("backend/weather/datasource.py", text.replace("station:", "place:"))
    session.start()
    assert set(session.schema()["schema"]["query"]["properties"]) == {"place"}

    session.plugin.write(
        "backend/weather/datasource.py", text.replace("station: str = ''", "call: type(len)")
    )
    problem = session.start()
    assert session.schema() == {"error": problem}


def test_models_that_cannot_be_described_are_told(session: Session) -> None:
    session.plugin.write(
        "backend/weather/datasource.py",
        "from collections.abc import Callable\nfrom pydantic import BaseModel\nfrom plugin_sdk import DataSource\n"
        "class Query(BaseModel):\n    call: Callable[[], int]\n"
        "class Weather(DataSource[dict, Query]): pass\n",
    )

    assert session.start() == ""

    assert "the query model Query has no JSON Schema" in session.schema()["error"]


def test_one_that_does_not_start_describes_nothing(session: Session) -> None:
    session.plugin.write(
        "backend/weather/__main__.py", "import sys\nsys.exit('no')\nserve('weather.datasource:Weather')"
    )
    session.supervisor.replace()

    assert session.supervisor.schema(60) is None


def test_a_late_subscriber_is_notified_at_once(session: Session) -> None:
    session.start()
    statuses: list[BackendStatus] = []

    session.front.processes[0].subscribe(statuses.append)

    assert statuses == [session.statuses[-1]]
