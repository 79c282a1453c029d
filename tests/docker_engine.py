"""A Docker engine for tests: its own socket, data and bridge, ended by its own process, nothing left behind."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    address: str
    pid: int
    log: Path


def missing() -> str | None:
    """Return why no engine can be started here, or None."""
    if sys.platform != "linux":
        return "the engine of these tests runs on Linux"
    if os.geteuid() != 0:
        return "dockerd needs root"
    for tool in ("dockerd", "ip"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return None


def need_engine() -> None:
    """Skip the test where no engine can be started."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


@contextmanager
def engine(number: int = 0) -> Iterator[Engine]:
    """Run an engine inside the block; several at once need a number each."""
    # A bridge of its own, without the engine's firewall rules: containers are reached by the engine's proxy alone.
    bridge = f"pclitest{number}"
    # Short: a socket's path may have 107 bytes, and containerd puts its own below.
    folder = Path(tempfile.mkdtemp(prefix="pcli-dk-"))
    kept = [path for path in (Path("/run/containerd"), Path("/run/docker")) if path.exists()]
    _ip("link", "add", bridge, "type", "bridge")
    try:
        _ip("addr", "add", f"172.31.{213 + number}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        with _daemon(folder, bridge) as running:
            yield running
    finally:
        _ip("link", "delete", bridge)
        _unmount_below(folder)
        shutil.rmtree(folder)
        for path in (Path("/run/containerd"), Path("/run/docker")):
            if path not in kept:
                shutil.rmtree(path, ignore_errors=True)


def _unmount_below(folder: Path) -> None:
    """Take off what the engine left mounted, such as the network of containers on the host's."""
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for point in sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", point], check=True, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def _daemon(folder: Path, bridge: str) -> Iterator[Engine]:
    log = folder / "log"
    address = f"unix://{folder / 'x.sock'}"
    command = ["dockerd", "--host", address, "--bridge", bridge, "--iptables=false", "--ip6tables=false"]
    command += ["--ip-forward=false", "--ip-masq=false", "--pidfile", str(folder / "pid")]
    command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
    with log.open("wb") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_until_up(daemon, address.removeprefix("unix://"), log)
        yield Engine(address, daemon.pid, log)
    finally:
        daemon.terminate()
        try:
            daemon.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def wait_until_up(process: subprocess.Popen[bytes], path: str, log: Path) -> None:
    """Return when an engine answers at the socket `path`; skip the test where it does not start."""
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers(path):
            return
        time.sleep(0.2)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    pytest.skip(f"the engine does not start here: {tail}")


def answers(path: str) -> bool:
    """Return True if an engine answers at a socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        try:
            connection.connect(path)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(100)
        except OSError:
            return False
