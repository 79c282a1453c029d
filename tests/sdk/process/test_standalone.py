from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from plugin_sdk._go_plugin import MAGIC_COOKIE_KEY, MAGIC_COOKIE_VALUE
from plugin_sdk._process import standalone as _standalone
from plugin_sdk._process.standalone import address_variable, locate, running_address
from plugin_sdk.testing import PluginClient, settings
from tests.sdk.in_process_server import SECONDS
from tests.sdk.plugins.processes import command, environment
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="optional: signals of POSIX")
PLUGIN_ID = "acme-weather-datasource"
VARIABLE = "GF_PLUGIN_GRPC_ADDRESS_ACME_WEATHER_DATASOURCE"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "plugin.json").write_text(json.dumps({"id": PLUGIN_ID}))
    return tmp_path


@pytest.fixture
def start(repository: Path) -> Iterator[Any]:
    """Start a standalone server; stop it if the test did not."""
    started: list[subprocess.Popen[bytes]] = []

    def start(cwd: Path = repository, **env: str) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen(
                [*command(), "-standalone"],
                cwd=cwd,
                env=environment(**env),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def address_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        entry = json.loads(line)
        if entry["@message"] == "standalone plugin server":
            assert entry["pid"] == process.pid
            return str(entry["address"])
    raise AssertionError("it ended")


def test_a_standalone_server_serves_and_cleans_up(start: Any, repository: Path) -> None:
    process = start()
    address = address_of(process)
    dist = repository / "dist"

    assert (dist / "standalone.txt").read_text() == address
    assert (dist / "pid.txt").read_text() == str(process.pid)
    assert (dist / "pid.txt").stat().st_mode & 0o777 == 0o600
    assert running_address(dist / "gpx_weather", {}) == address
    with grpc.insecure_channel(address) as channel:
        client = PluginClient(channel, timeout_seconds=SECONDS)
        assert client.check_health(settings()).message == f"pid {process.pid}"

    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    assert sorted(path.name for path in dist.iterdir()) == ["plugin.json"]


def test_its_address_can_be_configured(start: Any, repository: Path) -> None:
    first = start()
    port = address_of(first).rpartition(":")[2]
    first.send_signal(signal.SIGINT)
    assert first.wait(SECONDS) == 0

    assert address_of(start(**{VARIABLE: f":{port}"})) == f"127.0.0.1:{port}"


def test_without_a_plugin_json_it_writes_no_files(start: Any, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    address_of(start(folder))

    assert list(folder.iterdir()) == []


def test_another_start_prints_the_address_of_the_running_server(start: Any, repository: Path) -> None:
    address = address_of(start())
    executable = repository / "dist" / "gpx_weather.py"
    executable.write_text('from plugin_sdk import serve\nserve("tests.sdk.plugins.weather:Weather")\n')
    locator = subprocess.Popen(
        [sys.executable, executable],
        env=environment(**{MAGIC_COOKIE_KEY: MAGIC_COOKIE_VALUE}),
        stdout=subprocess.PIPE,
    )
    assert locator.stdout is not None
    with locator:
        assert locator.stdout.readline().decode() == f"1|2|tcp|{address}|grpc\n"
        assert locator.poll() is None
        locator.kill()


# Which address a start prints


@pytest.mark.parametrize(
    ("pid", "found"),
    [
        (None, "a:1"),
        (str(os.getpid()), "a:1"),
        ("1", "a:1"),
        ("2147483646", None),
        ("no number", None),
    ],
)
def test_a_recorded_server_is_used_while_its_process_runs(
    repository: Path, pid: str | None, found: str | None
) -> None:
    dist = repository / "dist"
    (dist / "standalone.txt").write_text("a:1\n")
    if pid is not None:
        (dist / "pid.txt").write_text(pid)

    assert running_address(dist / "gpx", {}) == found


def test_a_process_of_another_user_counts_as_running(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_pid: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    (repository / "dist" / "standalone.txt").write_text("a:1")
    (repository / "dist" / "pid.txt").write_text("1")

    assert running_address(repository / "dist" / "gpx", {}) == "a:1"


def test_on_windows_a_recorded_process_is_assumed_to_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    (repository / "dist" / "standalone.txt").write_text("a:1")
    (repository / "dist" / "pid.txt").write_text("2147483646")

    assert running_address(repository / "dist" / "gpx", {}) == "a:1"


def test_the_variable_takes_precedence_over_the_file(repository: Path) -> None:
    dist = repository / "dist"

    assert address_variable(PLUGIN_ID) == VARIABLE
    assert running_address(dist / "gpx", {VARIABLE: "b:2"}) == "b:2"
    assert running_address(dist / "gpx", {"GF_PLUGIN_GRPC_ADDRESS_OTHER": "b:2"}) is None
    (dist / "standalone.txt").write_text("")
    assert running_address(dist / "gpx", {}) is None


@pytest.mark.parametrize(
    ("files", "start", "folder"),
    [
        (["src/plugin.json"], ".", "."),
        (["src/plugin.json", "dist/plugin.json"], ".", "dist"),
        (["dist/plugin.json"], "pkg", "dist"),
        (["plugin.json"], ".", "."),
        (["broken/plugin.json"], ".", None),
    ],
)
def test_the_plugin_directory_is_found_as_in_go(
    tmp_path: Path, files: list[str], start: str, folder: str | None
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text('{"id": "x"}')
    found = _standalone._plugin_folder(tmp_path / start)

    assert found == ((tmp_path / folder, "x") if folder is not None else (None, ""))


def test_an_unreadable_plugin_json_is_skipped(tmp_path: Path) -> None:
    for folder, text in (("dist", "{"), ("src", "{}")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "plugin.json").write_text(text)
    (tmp_path / "plugin.json").write_text('{"id": "x"}')

    assert _standalone._plugin_folder(tmp_path) == (tmp_path, "x")


@pytest.mark.parametrize(
    ("plugin_id", "value", "address"),
    [
        ("", ":1", "127.0.0.1:0"),
        ("a-b", "", "127.0.0.1:0"),
        ("a-b", ":9", "127.0.0.1:9"),
        ("a-b", "h:9", "h:9"),
    ],
)
def test_an_address_without_a_host_is_local(
    monkeypatch: pytest.MonkeyPatch, plugin_id: str, value: str, address: str
) -> None:
    monkeypatch.setenv("GF_PLUGIN_GRPC_ADDRESS_A_B", value)

    assert _standalone._requested_address(plugin_id) == address


def test_a_locator_runs_as_long_as_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([7, 7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    out = io.StringIO()
    locate("h:1", out)

    assert out.getvalue() == "1|2|tcp|h:1|grpc\n"
    assert next(parents, None) is None


def test_serving_ends_with_a_signal(
    repository: Path, monkeypatch: pytest.MonkeyPatch, log_file: Path
) -> None:
    """Serve in this process, so that coverage of the server's code is measured."""
    handlers: dict[int, Any] = {}
    monkeypatch.setattr("signal.signal", lambda number, handler: handlers.update({number: handler}))
    monkeypatch.setattr("plugin_sdk._log.install", lambda: None)
    monkeypatch.setattr("plugin_sdk._log.configure", lambda **_named: None)
    monkeypatch.chdir(repository)
    codes: list[int] = []
    from tests.sdk.plugins.weather import Weather

    serving = threading.Thread(target=lambda: codes.append(_standalone.serve_standalone(Weather)))
    serving.start()
    address = eventually(
        lambda: (
            (repository / "dist" / "pid.txt").exists()
            and (repository / "dist" / "standalone.txt").read_text()
        )
    )
    with grpc.insecure_channel(address) as channel:
        assert PluginClient(channel).check_health(settings()).message == f"pid {os.getpid()}"
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    serving.join(SECONDS)

    assert codes == [0]
    assert sorted(path.name for path in (repository / "dist").iterdir()) == ["plugin.json"]
