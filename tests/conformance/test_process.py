"""Items 1 to 17: launch, environment, handshake, stdout."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.conformance.conftest import Launch, environment
from tests.conformance.host import Host, HostError, Plugin
from tests.conformance.messages import ask, echoed, health, query_data
from tests.conformance.spawn import GO_PLUGIN_ENV, spawned

HANDSHAKE = re.compile(rb"1\|2\|(unix\|/[^|]+|tcp\|127\.0\.0\.1:\d+)\|grpc\|?\n")


def test_001_it_runs_from_any_working_directory(launch: Launch, tmp_path: Path) -> None:
    plugin = launch("full:Full", dir=str(tmp_path))

    seen = echoed(plugin.call("QueryData", ask("process")))

    assert seen["cwd"] == str(tmp_path)


def test_002_the_cookie_lets_it_start_and_any_other_does_not(
    launch: Launch, host: Host, exe: Path, full: Plugin
) -> None:
    assert full.call("CheckHealth", health())["reply"]["status"] == "OK"
    with pytest.raises(HostError):
        host.start(exe, env=environment(), cookie="panel", timeout_ms=5000)


def test_003_tcp_ports_lie_in_the_range_of_the_host(exe: Path) -> None:
    env = {"PLUGIN_UNIX_SOCKET_DIR": "/proc/nothing", "PLUGIN_MIN_PORT": "24000", "PLUGIN_MAX_PORT": "24100"}
    with spawned(exe, env=env) as plugin:
        assert plugin.fields[2] == "tcp"
        assert 24000 <= int(plugin.fields[3].rpartition(":")[2]) <= 24100
        assert plugin.fields[3].startswith("127.0.0.1:")


def test_003_a_host_of_other_protocol_versions_is_refused(exe: Path) -> None:
    with spawned(exe, env={"PLUGIN_PROTOCOL_VERSIONS": "1"}) as plugin:
        assert plugin.line == b""
        assert plugin.process.wait(10) != 0
        assert plugin.process.stderr is not None
        assert b"version" in plugin.process.stderr.read()


def test_004_tls_is_refused_loudly_and_never_silently_plaintext(exe: Path) -> None:
    with spawned(exe, env={"PLUGIN_CLIENT_CERT": "-----BEGIN CERTIFICATE-----"}) as plugin:
        assert plugin.line == b""
        assert plugin.process.wait(10) != 0
        assert plugin.process.stderr is not None
        assert b"TLS" in plugin.process.stderr.read()


def test_004_a_host_with_automatic_tls_gets_an_error(host: Host, exe: Path) -> None:
    with pytest.raises(HostError):
        host.start(exe, env=environment(), mtls=True, timeout_ms=5000)


def test_005_variables_of_grafana_reach_the_plugin(launch: Launch) -> None:
    plugin = launch(
        "full:Full", env={"GF_INSTANCE_FEATURE_TOGGLES_ENABLE": "one,two", "GF_APP_URL": "http://g/"}
    )

    seen = echoed(plugin.call("QueryData", ask("env")))

    assert (seen["GF_VERSION"], seen["GF_INSTANCE_FEATURE_TOGGLES_ENABLE"]) == ("12.4.3", "one,two")
    assert seen["GF_APP_URL"] == "http://g/"


def test_006_ini_keys_arrive_as_gf_plugin_variables(launch: Launch) -> None:
    plugin = launch("full:Full", env={"GF_PLUGIN_MY_KEY": "from grafana.ini"})

    assert echoed(plugin.call("QueryData", ask("env")))["GF_PLUGIN_MY_KEY"] == "from grafana.ini"


def test_007_the_hosts_own_environment_is_neither_there_nor_needed(launch: Launch) -> None:
    plugin = launch("full:Full", env={"HTTP_PROXY": "http://proxy:3128"})

    seen = echoed(plugin.call("QueryData", ask("env")))

    assert seen["HTTP_PROXY"] == "http://proxy:3128"
    expected = set(GO_PLUGIN_ENV) | set(environment("full:Full")) | {"HTTP_PROXY", "LC_CTYPE"}
    assert set(seen) <= expected


def test_008_an_empty_environment_is_enough(exe: Path, host: Host) -> None:
    whole = GO_PLUGIN_ENV | (
        {"GF_PLUGIN_CONFORMANCE_BREAK": os.environ["CONFORMANCE_BREAK"]}
        if os.environ.get("CONFORMANCE_BREAK")
        else {}
    )
    process = subprocess.Popen([exe], env=whole, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        network, address = process.stdout.readline().decode().split("|")[2:4]
        plugin = host.dial(f"{network}:{address}" if network == "unix" else address)
        assert plugin.call("CheckHealth", health())["reply"]["status"] == "OK"
        assert echoed(plugin.call("QueryData", ask("process")))["encoding"].lower() == "utf-8"
        spawned_child = echoed(plugin.call("QueryData", ask("spawn")))
        assert Path(spawned_child["executable"]).is_absolute()
    finally:
        process.kill()
        process.wait()
        process.stdout and process.stdout.close()


def test_009_stdin_is_left_alone_and_its_end_means_nothing(exe: Path, host: Host) -> None:
    read, write = os.pipe()
    os.write(write, b"for Grafana")
    with spawned(exe, stdin=read) as plugin:
        os.close(write)
        client = host.dial(plugin.address)
        assert client.call("CheckHealth", health())["code"] == "OK"
        waiting = bytearray(4)
        fcntl.ioctl(read, termios.FIONREAD, waiting)
        assert int.from_bytes(waiting, sys.byteorder) == len("for Grafana")
        assert plugin.process.poll() is None
    os.close(read)


def test_010_the_spawned_process_is_the_plugin_itself(full: Plugin) -> None:
    assert echoed(full.call("QueryData", ask("process")))["pid"] == full.pid


def test_011_the_first_line_is_the_handshake(exe: Path) -> None:
    with spawned(exe) as plugin:
        assert HANDSHAKE.fullmatch(plugin.line), plugin.line


def test_011_go_plugin_takes_it_and_agrees_on_version_2(full: Plugin) -> None:
    assert full.info["version"] == 2


def test_012_prints_of_the_imported_code_stay_behind_the_handshake(exe: Path) -> None:
    with spawned(exe, "noisy_import:Noisy") as plugin:
        assert HANDSHAKE.fullmatch(plugin.line), plugin.line
        time.sleep(1.0)  # the import prints meanwhile
        plugin.process.kill()
        assert plugin.process.stdout is not None
        assert plugin.process.stdout.read() == b""


def test_012_what_the_import_prints_is_logged(launch: Launch) -> None:
    plugin = launch("noisy_import:Noisy")
    plugin.call("QueryData", query_data())

    plugin.wait_log(lambda entry: "a banner of a library" in entry["message"])
    plugin.wait_log(lambda entry: "and one from C" in entry["message"])
    plugin.wait_log(lambda entry: "and one from a child" in entry["message"])


def test_013_the_socket_lies_in_the_asked_folder_and_is_removed(launch: Launch, tmp_path: Path) -> None:
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"s{os.getpid()}"  # short: socket paths are limited
    folder.mkdir()
    try:
        plugin = launch("full:Full", env={"PLUGIN_UNIX_SOCKET_DIR": str(folder)})
        assert plugin.info["network"] == "unix"
        made = Path(plugin.info["addr"])
        assert made.parent == folder
        assert made.name.startswith("plugin")
        assert [entry.name for entry in folder.iterdir()] == [made.name]
        plugin.kill()
        assert list(folder.iterdir()) == []
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a socket to a foreign group")
def test_013_the_socket_is_given_to_the_asked_group(exe: Path) -> None:
    with spawned(exe, env={"PLUGIN_UNIX_SOCKET_GROUP": "12345"}) as plugin:
        status = plugin.socket.stat()
        assert (status.st_gid, status.st_mode & 0o777) == (12345, 0o660)


def test_014_it_listens_before_it_says_so(exe: Path) -> None:
    with spawned(exe) as plugin:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(plugin.socket))
        connection.close()


def test_015_a_slow_import_does_not_delay_the_start(launch: Launch) -> None:
    plugin = launch("noisy_import:Noisy", env={"GF_PLUGIN_CONFORMANCE_IMPORT_SECONDS": "4"})

    assert plugin.info["ms"] < 3500
    assert plugin.call("QueryData", query_data())["responses"]["A"]["status"] == 200


def test_015_code_that_cannot_be_imported_starts_and_says_why(launch: Launch) -> None:
    plugin = launch("bad_import:Nothing")

    checked = plugin.call("CheckHealth", health())
    queried = plugin.call("QueryData", query_data())

    assert checked["reply"]["status"] == "ERROR"
    assert "the weather library is not installed" in checked["reply"]["message"]
    assert "the weather library is not installed" in queried["responses"]["A"]["error"]
    logged = plugin.wait_log(lambda entry: entry["level"] == "error" and "stack" in entry["fields"])
    assert "bad_import.py" in logged["fields"]["stack"]


def test_016_run_by_hand_it_says_that_it_is_a_plugin(exe: Path) -> None:
    done = subprocess.run([exe], env=environment(), capture_output=True, text=True, timeout=20)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "This binary is a plugin. These are not meant to be executed directly.\n"
        "Please execute the program that consumes these plugins, which will\n"
        "load any plugins automatically\n"
    )


def test_017_long_lines_on_stdout_never_block(full: Plugin) -> None:
    for _ in range(3):
        answer = full.call("QueryData", ask("stdout", bytes=200_000), seconds=20)
        assert answer["responses"]["A"]["status"] == 200
    assert full.call("CheckHealth", health())["code"] == "OK"


def test_017_what_is_printed_later_never_reaches_the_real_stdout(exe: Path, host: Host) -> None:
    with spawned(exe, "full:Full", stderr=subprocess.DEVNULL) as plugin:
        host.dial(plugin.address).call("QueryData", ask("stdout", bytes=100))
        plugin.process.kill()
        assert plugin.process.stdout is not None
        assert plugin.process.stdout.read() == b""
