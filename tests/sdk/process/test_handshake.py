from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

import grpc
import pytest

from plugin_sdk._process import handshake
from plugin_sdk._process.handshake import (
    MAX_SOCKET_PATH_BYTES,
    HandshakeError,
    bind,
    check_cookie,
    check_versions,
)
from tests.sdk.conftest import Lines

posix = pytest.mark.skipif(sys.platform == "win32", reason="optional: Unix sockets")


class Server:
    """Binds free addresses, as grpcio's server does."""

    def __init__(self, *taken: str) -> None:
        self.taken = taken
        self.asked: list[str] = []

    def add_insecure_port(self, address: str) -> int:
        self.asked.append(address)
        if "*" in self.taken or address in self.taken:
            raise RuntimeError("in use")
        if address.startswith("unix:"):
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(address.removeprefix("unix:"))
            return 1
        return int(address.rpartition(":")[2]) or 4711


def test_the_cookie_is_grafanas() -> None:
    assert check_cookie({"grafana_plugin_type": "datasource"})
    assert not check_cookie({"grafana_plugin_type": "panel"})
    assert not check_cookie({})


@pytest.mark.parametrize("versions", ["2", "1,2", " 2 ,3"])
def test_a_host_with_our_protocol_version_is_served(versions: str) -> None:
    check_versions({"PLUGIN_PROTOCOL_VERSIONS": versions})
    check_versions({})


def test_a_host_without_our_protocol_version_is_refused() -> None:
    with pytest.raises(HandshakeError, match="this plugin supports 2"):
        check_versions({"PLUGIN_PROTOCOL_VERSIONS": "1"})
    with pytest.raises(HandshakeError, match="mutual TLS"):
        check_versions({"PLUGIN_CLIENT_CERT": "x"})


def test_the_line_is_go_plugins() -> None:
    assert handshake.line("unix", "/tmp/plugin1") == "1|2|unix|/tmp/plugin1|grpc\n"


@posix
def test_the_socket_is_in_the_directory_of_the_host(tmp_path: Path) -> None:
    network, address = bind(Server(), {"PLUGIN_UNIX_SOCKET_DIR": str(tmp_path)})

    assert network == "unix"
    assert Path(address).parent == tmp_path
    assert stat.S_ISSOCK(Path(address).stat().st_mode)


@posix
def test_a_real_server_binds_the_socket(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1))
    network, address = bind(server, {"PLUGIN_UNIX_SOCKET_DIR": str(tmp_path)})
    server.start()
    server.stop(None).wait()

    assert (network, address.startswith(str(tmp_path))) == ("unix", True)


@posix
def test_by_default_the_socket_is_in_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "TMP", "TEMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMP", str(tmp_path))

    assert Path(bind(Server(), {})[1]).parent == tmp_path


@posix
def test_a_path_that_is_too_long_for_the_kernel_means_loopback(tmp_path: Path, logged: Lines) -> None:
    name_bytes = len("/plugin") + 12
    room = MAX_SOCKET_PATH_BYTES - len(str(tmp_path)) - 1 - name_bytes
    fits, too_long = tmp_path / ("f" * room), tmp_path / ("l" * (room + 1))
    fits.mkdir()
    too_long.mkdir()

    assert bind(Server(), {"PLUGIN_UNIX_SOCKET_DIR": str(fits)})[0] == "unix"
    assert logged() == []
    assert bind(Server(), {"PLUGIN_UNIX_SOCKET_DIR": str(too_long)}) == ("tcp", "127.0.0.1:4711")
    assert logged()[0]["@message"] == "the socket path is too long; serving on loopback TCP"


@posix
def test_an_unwritable_directory_means_loopback(tmp_path: Path, logged: Lines) -> None:
    missing = str(tmp_path / "missing")

    assert bind(Server(), {"PLUGIN_UNIX_SOCKET_DIR": missing})[0] == "tcp"
    assert logged()[0]["folder"] == missing


@posix
@pytest.mark.parametrize("by", ["number", "name"])
def test_the_socket_belongs_to_the_group_that_the_host_names(tmp_path: Path, by: str) -> None:
    import grp

    number = os.getgid()
    group = str(number) if by == "number" else grp.getgrgid(number).gr_name
    _, address = bind(Server(), {"PLUGIN_UNIX_SOCKET_DIR": str(tmp_path), "PLUGIN_UNIX_SOCKET_GROUP": group})

    found = Path(address).stat()
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (number, 0o660)


@posix
def test_an_unknown_group_leaves_no_socket_behind(tmp_path: Path) -> None:
    with pytest.raises(HandshakeError, match="cannot give the socket to group 'no such group'"):
        bind(
            Server(),
            {"PLUGIN_UNIX_SOCKET_DIR": str(tmp_path), "PLUGIN_UNIX_SOCKET_GROUP": "no such group"},
        )

    assert list(tmp_path.iterdir()) == []


# Loopback, as on Windows


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


@pytest.mark.usefixtures("windows")
def test_the_port_is_in_the_range_of_the_host() -> None:
    server = Server("127.0.0.1:10000")
    network, address = bind(server, {"PLUGIN_MIN_PORT": "10000", "PLUGIN_MAX_PORT": "10001"})

    assert (network, address) == ("tcp", "127.0.0.1:10001")


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("variables", [{}, {"PLUGIN_MIN_PORT": "5", "PLUGIN_MAX_PORT": "4"}])
def test_without_a_range_any_port_will_do(variables: dict[str, str]) -> None:
    assert bind(Server(), variables) == ("tcp", "127.0.0.1:4711")


@pytest.mark.usefixtures("windows")
def test_an_exhausted_port_range_is_reported() -> None:
    with pytest.raises(HandshakeError, match=r"no free port between 10000 and 10002 on 127\.0\.0\.1"):
        bind(Server("*"), {"PLUGIN_MIN_PORT": "10000", "PLUGIN_MAX_PORT": "10002"})


@pytest.mark.usefixtures("windows")
def test_a_port_that_is_refused_without_an_error_is_skipped() -> None:
    class Refusing(Server):
        def add_insecure_port(self, address: str) -> int:
            super().add_insecure_port(address)
            return 0

    with pytest.raises(HandshakeError):
        bind(Refusing(), {"PLUGIN_MIN_PORT": "10000", "PLUGIN_MAX_PORT": "10000"})


@pytest.mark.usefixtures("windows")
def test_on_windows_the_socket_group_is_ignored() -> None:
    handshake._share_with_group("never looked at", "group")
