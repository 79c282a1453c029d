"""One stable address before backends that come and go: bytes are handed on, connections are never refused."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from plugin_cli.dev.grafana.http2_drain import Drain

_CONNECT_SECONDS = 5.0
_CHUNK = 256 * 1024

_RETRY_SECONDS = 0.1


class Splice:
    """Accepts on `listener` and hands each connection to the backend of the moment.

    While there is none, connections wait: a client sees a slow response, never a refusal.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._changed = threading.Condition()
        self._target: str | None = None
        self._closed = False
        self._open: set[socket.socket] = set()
        self._drains: set[Drain] = set()
        self._thread = threading.Thread(target=self._accept, name="splice", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._listener.listen(64)
        self._thread.start()

    def point_at(self, address: str | None) -> None:
        """Hand new connections to `address` (`unix:<path>` or `host:port`); None: let them wait.

        Connections that stand stay where they are: their backend ends them when it has answered.
        """
        with self._changed:
            self._target = address
            self._changed.notify_all()

    def drain(self) -> None:
        """Send the clients of standing connections to new ones; calls under way are answered first."""
        with self._changed:
            standing = list(self._drains)
        for drain in standing:
            with suppress(OSError):
                drain.begin()

    def cut(self) -> None:
        """Close the open connections; their clients dial again."""
        with self._changed:
            standing = list(self._open)
        for connection in standing:
            _cut(connection)

    def close(self) -> None:
        """Refuse new connections and cut those that stand."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        # Closing alone does not wake a thread that waits in accept().
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._closed:
                    return
                time.sleep(_RETRY_SECONDS)  # no descriptor is free, or the client has gone already
                continue
            threading.Thread(target=self._serve, args=(connection,), name="splice-pair", daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far = self._dial()
        if far is None:
            near.close()
            return
        drain = Drain(near, far)
        with self._changed:
            self._open |= {near, far}
            self._drains.add(drain)
        back = threading.Thread(target=_pump, args=(far, near, drain.down), name="splice-back", daemon=True)
        back.start()
        _pump(near, far, drain.up)
        back.join()
        with self._changed:
            self._open -= {near, far}
            self._drains.discard(drain)
        near.close()
        far.close()

    def _dial(self) -> socket.socket | None:
        """Return a connection to the backend of the moment; waits until there is one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._target is not None)
                target = self._target
            if self._closed or target is None:
                return None
            try:
                return connect(target)
            except OSError:
                with self._changed:
                    # It went away before we learnt of it: wait for the next one.
                    self._changed.wait_for(lambda old=target: self._closed or self._target != old, 0.2)  # type: ignore[misc]


def connect(address: str) -> socket.socket:
    """Return a connection to `unix:<path>` or `host:port`."""
    # Windows' Python has no Unix sockets; there every address is host and port.
    if sys.platform != "win32" and address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_CONNECT_SECONDS)
        try:
            connection.connect(address.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
    else:
        host, _, port = address.rpartition(":")
        connection = socket.create_connection((host, int(port)), _CONNECT_SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.settimeout(None)
    return connection


def _pump(source: socket.socket, sink: socket.socket, pass_on: Callable[[bytes], None]) -> None:
    """Hand on bytes until one side has had enough; then no half of the connection is left open."""
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            pass_on(data)
    _cut(source)
    _cut(sink)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
