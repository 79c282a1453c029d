"""Four ways to have no Docker engine, each with its own sentence and its own way out."""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin_cli.errors import ToolMissingError
from plugin_cli.system import docker_engine

# docker-py leaves the socket of a refused connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(docker_engine, "_sockets", lambda: [tmp_path / "docker.sock"])
    yield
    gc.collect()


@contextmanager
def engine_saying(path: Path, version: dict[str, str], status: str = "200 OK") -> Iterator[str]:
    """Answer every request on a socket as an engine that says this of itself."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                body = json.dumps(version).encode()
                head = (
                    f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                )
                connection.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)

    threading.Thread(target=answer, daemon=True).start()
    try:
        yield f"unix://{path}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def refusal(address: str | None = None) -> str:
    with pytest.raises(ToolMissingError) as caught:
        docker_engine.connect(address)
    assert caught.value.exit_code == 3
    # Whatever is wrong with Docker, there is a way on without it.
    assert "plugin-cli dev up --runtime preview" in str(caught.value)
    return str(caught.value)


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    assert refusal().startswith("Docker is not installed")


def test_installed_and_not_running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    said = refusal()

    assert said.startswith("Docker is installed, but its engine does not answer")
    assert "sudo systemctl start docker" in said or "open Docker Desktop" in said


def test_podman_alone_and_not_running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "podman").write_text("#!/bin/sh\n")
    (tmp_path / "podman").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    said = refusal()

    assert said.startswith("Podman is installed, but its service does not run")
    assert "systemctl --user start podman.socket" in said or "podman machine start" in said


def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(tmp_path / "docker.sock"))
    dead.close()

    said = refusal()

    assert said.startswith("Docker is installed, but its engine does not answer")
    assert "Connection refused" in said


@pytest.mark.skipif(sys.platform == "win32", reason="optional: file modes are POSIX")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    path.chmod(0o600)
    code = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import docker, requests\n"
        "from plugin_cli.system import docker_engine\n"
        # Imports first: the other user may not read this checkout.
        "import docker.transport, plugin_cli.errors, urllib3\n"
        "os.chdir('/'); os.geteuid() == 0 and os.setuid(65534)\n"
        f"docker_engine.connect('unix://{path}')\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == tmp_path.owner() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o111) if folder.parts[1:2] == ("tmp",) else None
    if os.geteuid() != 0:
        path.chmod(0o000)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    listener.close()

    assert "Docker is there, but this user may not use it" in done.stderr
    assert "sudo usermod -aG docker $USER" in done.stderr


@pytest.mark.parametrize("spoken", ["1.39", "0.9", "unknown"])
def test_too_old(tmp_path: Path, spoken: str) -> None:
    with engine_saying(tmp_path / "docker.sock", {"Version": "18.09", "ApiVersion": spoken, "Os": "linux"}):
        said = refusal()

    assert said.startswith("the Docker engine is too old: 18.09")
    assert f"it speaks API {spoken}; 1.40 is needed" in said


def test_an_engine_that_no_longer_speaks_our_version(tmp_path: Path) -> None:
    said = {"message": "client version 1.40 is too old. Minimum supported API version is 1.44"}
    with engine_saying(tmp_path / "docker.sock", said, "400 Bad Request"):
        assert "Minimum supported API version is 1.44" in refusal()


def test_windows_containers(tmp_path: Path) -> None:
    with engine_saying(tmp_path / "docker.sock", {"ApiVersion": "1.43", "Os": "windows"}):
        assert "Switch to Linux containers" in refusal()


def test_an_engine_on_another_machine() -> None:
    said = refusal("tcp://build.example.org:2376")

    assert "is on another machine" in said
    assert "unset DOCKER_HOST" in said


@pytest.mark.parametrize("address", ["nonsense", "unix:", "tcp://localhost"])
def test_an_address_that_is_none(address: str) -> None:
    assert "Docker" in refusal(address)


def test_the_address_comes_from_the_environment_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docker.sock").touch()

    assert docker_engine.engine_address() == f"unix://{tmp_path / 'docker.sock'}"
    monkeypatch.setenv("DOCKER_HOST", "unix:///elsewhere.sock")
    assert docker_engine.engine_address() == "unix:///elsewhere.sock"


def test_an_engine_is_used(tmp_path: Path) -> None:
    with engine_saying(tmp_path / "docker.sock", {"Version": "20.10", "ApiVersion": "1.41", "Os": "linux"}):
        docker_engine.connect().close()
