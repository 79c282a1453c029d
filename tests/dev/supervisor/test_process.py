"""The processes of a session's backend, from a real source: which one takes over, and what is told of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from plugin_cli.calls.launch import source_command
from plugin_cli.console import TerminalConsole
from plugin_cli.dev.supervisor.process import DevProcesses
from plugin_cli.dev.supervisor.started import DevCommand, Loading
from plugin_cli.project import find_project
from plugin_cli.session.backend_record import BackendRecord
from plugin_cli.session.log import LogWriter, read_log
from plugin_sdk.testing import PluginProcess, PluginStartError, settings
from tests.source_plugin import SourcePlugin, use_this_python, write_source_plugin

SOURCE = """
import os, sys
from plugin_sdk import CheckHealthResult, DataSource
class Weather(DataSource):
    def check_health(self):
        return CheckHealthResult.ok("one " + ("waited" if "--wait" in sys.orig_argv else "began anew"))
"""


@dataclass
class Session:
    """Starts processes as a development session does, and ends them with the test."""

    plugin: SourcePlugin
    log: Path
    version: int = 1
    extra: tuple[str, ...] = ()
    records: list[BackendRecord] = field(default_factory=list)
    running: list[PluginProcess] = field(default_factory=list)

    def __post_init__(self) -> None:
        project = find_project(self.plugin.root)
        source = source_command(project, TerminalConsole())

        def command() -> DevCommand:
            return DevCommand(
                replace(source, argv=(*source.argv, *self.extra)), ahead=True, version=self.version
            )

        self.processes = DevProcesses(
            project.plugin_id, command, LogWriter(self.log), self.records.append, self.log.parent
        )

    def start(self) -> str:
        """Start the next one; return what is told of its loading, when the one after it has been started."""
        process, loading = self.processes.start()
        self.running.append(process)
        told, known = [""], Event()

        def settled(problem: str) -> None:
            told[0] = problem
            known.set()

        loading.then(settled)
        assert known.wait(60)
        return told[0]

    def said(self) -> str:
        return self.running[-1].client.check_health(settings()).message

    def schema(self) -> dict[str, Any]:
        found = self.processes.schema(60)
        assert found is not None
        return found

    def waiting(self) -> PluginProcess:
        found = self.processes.waiting
        assert found is not None
        return found

    def close(self) -> None:
        self.processes.close()
        for process in self.running:
            process.stop()


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    use_this_python(monkeypatch)
    plugin = write_source_plugin(tmp_path / "weather")
    plugin.write("backend/weather/datasource.py", SOURCE)
    made = Session(plugin, tmp_path / "log.jsonl")
    yield made
    made.close()


def test_the_next_process_has_waited_and_runs_the_code_of_now(session: Session) -> None:
    assert session.start() == ""
    assert session.said() == "one began anew"
    session.plugin.write("backend/weather/datasource.py", SOURCE.replace("one ", "two "))

    assert session.start() == ""

    assert session.said() == "two waited"


def kill(session: Session) -> None:
    os.kill(session.waiting().pid, signal.SIGKILL)
    session.waiting().wait(60)


def install(session: Session) -> None:
    session.version += 1


@pytest.mark.parametrize("spoil", [kill, install])
def test_one_that_waited_in_vain_is_replaced(session: Session, spoil: Callable[[Session], None]) -> None:
    session.start()
    waiting = session.waiting()
    spoil(session)

    assert session.start() == ""

    assert session.said() == "one began anew"
    assert not waiting.running()


def test_what_became_of_a_process_is_recorded(session: Session) -> None:
    session.start()
    source = session.plugin.write("backend/weather/datasource.py", "\n\nclass Weather(:\n")
    problem = session.start()
    session.plugin.write("backend/weather/datasource.py", SOURCE)
    session.start()

    starting, loaded, again, broken, healing, healed = session.records
    addresses = [process.address for process in session.running]
    assert [starting, loaded] == [BackendRecord(addresses[0], told) for told in (None, True)]
    assert again == BackendRecord(addresses[1])
    assert broken == BackendRecord(addresses[1], False, problem, str(source), 3)
    assert problem.endswith("SyntaxError: invalid syntax (datasource.py, line 3)")
    assert [healing, healed] == [BackendRecord(addresses[2], told) for told in (None, True)]
    lines = [entry for entry in read_log(session.log) if entry.source == "plugin"]
    assert "the plugin's code is loaded" in [line.message for line in lines]
    assert not [line for line in lines if "event" in line.fields]


def test_one_that_does_not_start_is_recorded_with_its_words(session: Session) -> None:
    session.plugin.write(
        "backend/weather/__main__.py",
        "import sys\nsys.exit('no licence')\nserve('weather.datasource:Weather')",
    )

    with pytest.raises(PluginStartError):
        session.processes.start()

    (record,) = session.records
    assert (record.address, record.loaded) == (None, False)
    assert "no licence" in record.reason


def test_one_that_waited_and_cannot_start_is_tried_anew(session: Session) -> None:
    session.start()
    session.plugin.write(
        "backend/weather/__main__.py",
        "import sys\nif '--wait' in sys.orig_argv: sys.exit('no')\n"
        "from plugin_sdk import serve\nserve('weather.datasource:Weather')",
    )

    assert session.start() == ""

    assert session.said() == "one began anew"


def test_the_one_that_waits_ends_with_the_session(session: Session) -> None:
    session.start()
    waiting = session.waiting()

    session.close()

    assert not waiting.running()
    session.running.clear()


def test_nothing_is_prepared_once_the_session_is_closed(session: Session) -> None:
    session.processes.close()

    session.start()

    assert session.processes.waiting is None


def test_the_backend_describes_its_own_models(session: Session) -> None:
    assert session.processes.schema(0) is None
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
    with pytest.raises(PluginStartError):
        session.processes.start()

    assert session.processes.schema(60) is None


def test_whoever_asks_late_is_told_at_once() -> None:
    loading, told = Loading(), list[str]()
    loading.then(told.append)
    assert told == []

    loading.settle("why")
    loading.then(told.append)

    assert told == ["why", "why"]
