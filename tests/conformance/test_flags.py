"""Items 39 to 42: flags, standalone mode, locator."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conformance.conftest import environment, write_executable
from tests.conformance.host import Host
from tests.conformance.messages import PLUGIN_ID, health, query_data
from tests.conformance.spawn import gone, spawned


@pytest.mark.parametrize("dash", ["-", "--"])
def test_039_version_and_buildinfo_answer_and_exit(exe: Path, dash: str) -> None:
    version = subprocess.run(
        [exe, dash + "version"], env=environment(), capture_output=True, text=True, timeout=20
    )
    info = subprocess.run(
        [exe, dash + "buildinfo"], env=environment(), capture_output=True, text=True, timeout=20
    )

    assert (version.returncode, info.returncode) == (0, 0)
    assert len(version.stdout.splitlines()) == 1
    assert isinstance(json.loads(info.stdout), dict)


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "plugin.json").write_text(json.dumps({"id": PLUGIN_ID, "type": "datasource"}))
    return dist


@contextmanager
def standalone(dist: Path, **env: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    executable = write_executable(dist)
    process = subprocess.Popen(
        [executable, "-standalone"],
        cwd=dist.parent,
        env=environment("full:Full", **env),
        stderr=subprocess.DEVNULL,
    )
    try:
        address, deadline = dist / "standalone.txt", time.monotonic() + 20
        while not (address.exists() and address.read_text()) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield process, address.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_040_standalone_serves_and_cleans_up(plugin_folder: Path, host: Host, number: int) -> None:
    with standalone(plugin_folder) as (process, address):
        assert (plugin_folder / "pid.txt").read_text() == str(process.pid)
        for name in ("standalone.txt", "pid.txt"):
            assert (plugin_folder / name).stat().st_mode & 0o777 == 0o600
        plugin = host.dial(address)
        assert plugin.call("CheckHealth", health())["reply"]["status"] == "OK"
        assert plugin.call("QueryData", query_data())["responses"]["A"]["status"] == 200

        process.send_signal(number)

        assert process.wait(5) == 0
    assert not (plugin_folder / "standalone.txt").exists()
    assert not (plugin_folder / "pid.txt").exists()


def test_040_the_address_is_taken_from_its_variable(plugin_folder: Path, host: Host) -> None:
    variable = "GF_PLUGIN_GRPC_ADDRESS_" + PLUGIN_ID.upper().replace("-", "_")
    with standalone(plugin_folder, **{variable: "127.0.0.1:0"}) as (_, address):
        assert address.startswith("127.0.0.1:")
        assert not address.endswith(":0")
        assert host.dial(address).call("CheckHealth", health())["code"] == "OK"


def test_040_it_has_no_go_plugin_services(plugin_folder: Path, host: Host) -> None:
    with standalone(plugin_folder) as (_, address):
        assert host.dial(address).raw("/plugin.GRPCController/Shutdown", "")["code"] == "Unimplemented"


def test_041_a_running_server_is_found_through_its_files(plugin_folder: Path, host: Host) -> None:
    executable = plugin_folder / "gpx_conformance_linux_amd64"
    with (
        standalone(plugin_folder) as (_, address),
        host.started(executable, env=environment("full:Full")) as plugin,
    ):
        assert (plugin.info["network"], plugin.info["addr"]) == ("tcp", address)
        assert plugin.call("QueryData", query_data())["responses"]["A"]["status"] == 200
        time.sleep(0.5)
        assert not plugin.exited()["exited"]


def test_041_a_variable_points_at_a_server(plugin_folder: Path) -> None:
    executable = write_executable(plugin_folder)
    variable = "GF_PLUGIN_GRPC_ADDRESS_" + PLUGIN_ID.upper().replace("-", "_")
    with spawned(executable, env={variable: "127.0.0.1:45678"}) as plugin:
        assert plugin.line.startswith(b"1|2|tcp|127.0.0.1:45678|grpc")
        assert plugin.process.poll() is None


def test_041_files_of_a_dead_server_mean_a_normal_start(plugin_folder: Path) -> None:
    executable = write_executable(plugin_folder)
    finished = subprocess.Popen(["/bin/true"])
    finished.wait()
    (plugin_folder / "standalone.txt").write_text("127.0.0.1:9")
    (plugin_folder / "pid.txt").write_text(str(finished.pid))

    with spawned(executable) as plugin:
        assert plugin.fields[2] == "unix"


def test_042_a_start_ends_no_other_process(plugin_folder: Path, host: Host) -> None:
    executable = write_executable(plugin_folder)
    with spawned(executable) as other, standalone(plugin_folder) as (process, _):
        with host.started(executable, env=environment("full:Full")):
            time.sleep(0.3)
        assert not gone(other.process.pid, 0.2)
        assert process.poll() is None
        assert Path(f"/proc/{process.pid}").exists()
