"""The front before Grafana: one endpoint that never changes, spliced to the backend process of the moment."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin_cli.dev.grafana.splice import Splice
from plugin_cli.dev.supervisor.process import BackendProcess
from plugin_cli.session.backend_record import BackendStatus
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.ports import bind_loopback

# Where the container finds the folder with the socket.
SOCKET_FOLDER = "/run/plugin-cli"
_SOCKET = "backend.sock"
_FORWARD_SECONDS = 0.5
# Longer than the backend itself gives calls under way.
_DRAIN_SECONDS = 8.0


@dataclass(frozen=True)
class Endpoint:
    """Where Grafana and the backend meet.

    Attributes:
        handshake: the line that announces it to Grafana.
        folder: to be mounted into the container as `SOCKET_FOLDER`; None where the endpoint is a port.
        sockets: where the backends put their own sockets; None: the system's temporary folder.
    """

    handshake: str
    folder: Path | None
    sockets: Path | None


@contextmanager
def unix_endpoint(
    folder: SessionFolder, *, in_container: bool = True
) -> Iterator[tuple[Endpoint, socket.socket]]:
    """Listen on a socket that Grafana's user in the container reaches, and no other user of this machine.

    Args:
        folder: of the session.
        in_container: Grafana sees the folder as `SOCKET_FOLDER`; else it runs as this user.
    """
    if sys.platform == "win32":
        raise NotImplementedError("Python has no Unix sockets on Windows")
    # Only this user enters the outer folder; the container is shown the inner one.
    outer = folder.make_sockets()
    try:
        inner = outer / "run"
        inner.mkdir()
        inner.chmod(0o755)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(inner / _SOCKET))
        (inner / _SOCKET).chmod(0o666)
        seen = SOCKET_FOLDER if in_container else str(inner)
        yield Endpoint(f"1|2|unix|{seen}/{_SOCKET}|grpc\n", inner, outer), listener
    finally:
        shutil.rmtree(outer, ignore_errors=True)


@contextmanager
def tcp_endpoint() -> Iterator[tuple[Endpoint, socket.socket]]:
    """Listen on a port of 127.0.0.1, which Docker Desktop's containers reach by a name of their own."""
    listener = bind_loopback(None)
    port = int(listener.getsockname()[1])
    yield Endpoint(f"1|2|tcp|host.docker.internal:{port}|grpc\n", None, None), listener


class SplicedFront:
    """Passes bytes between the endpoint and the backend process of the moment.

    Args:
        listener: where Grafana connects to.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._splice = Splice(listener)
        self._closed = threading.Event()

    def open(self) -> None:
        """Accept connections; they wait for the first process."""
        self._splice.start()

    def hold(self) -> None:
        """Let new connections wait; those that stand are cut, and whoever held them dials again."""
        self._splice.point_at(None)
        self._splice.cut()

    def point_at(self, process: BackendProcess) -> None:
        """Send new calls to `process`; calls under way go on where they are."""
        self._splice.point_at(process.address)
        self._splice.drain()

    def refuse(self, _: BackendStatus) -> None:
        """Let connections wait: a splice has no words of its own."""
        self.hold()

    def release(self, process: BackendProcess) -> None:
        """Let the process answer its calls, then end."""
        # Calls already forwarded have to reach it before SIGTERM.
        self._closed.wait(_FORWARD_SECONDS)
        process.finish_calls(_DRAIN_SECONDS)

    def close(self) -> None:
        """Refuse connections and cut those that stand."""
        self._closed.set()
        self._splice.close()
