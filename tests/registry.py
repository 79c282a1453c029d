"""An image registry on this machine, and a gate before it that holds a layer half way."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CONFIG = """\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
_HELD_BYTES = 1_000_000
_CHUNK = 64 * 1024
# An engine tells of its progress ten times a second at most: what comes at once is told of once.
_CHUNK_SECONDS = 0.02
_PASSED = ("Content-Type", "Content-Length", "Docker-Content-Digest", "Docker-Distribution-Api-Version")


@dataclass
class Gate:
    """Where images are pulled from.

    Attributes:
        address: host and port for names of images.
        half: set once half of a large layer has been handed out.
        opened: the other half follows when this is set; it is, unless `close` was called.
    """

    address: str
    half: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Hand out large layers slowly from now on, and hold them half way."""
        # New ones: a transfer that was broken off may not have noticed yet.
        self.half, self.opened = threading.Event(), threading.Event()


def need_registry() -> None:
    """Skip the test where no registry can be started."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed")


@contextmanager
def registry() -> Iterator[str]:
    """Run a registry inside the block; yields host and port to push to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="pcli-registry-") as folder:
        config = Path(folder) / "config.yml"
        config.write_text(_CONFIG.format(folder=folder, port=port))
        process = subprocess.Popen(["docker-registry", "serve", config], stderr=subprocess.DEVNULL)
        try:
            _wait_until_up(process, port)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> None:
    pause = threading.Event()
    for _ in range(600):
        assert process.poll() is None, "the registry ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        pause.wait(0.1)
    raise AssertionError("the registry does not answer")


@contextmanager
def gate(upstream: str) -> Iterator[Gate]:
    """Stand before a registry inside the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    made = Gate(f"127.0.0.1:{server.server_address[1]}")
    made.opened.set()
    server.gate, server.upstream = made, upstream  # type: ignore[attr-defined]  # for the handler below
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.opened.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        connection = http.client.HTTPConnection(self.server.upstream, timeout=60)  # type: ignore[attr-defined]
        headers = {name: ", ".join(self.headers.get_all(name, ())) for name in ("Accept", "Range")}
        headers = {name: value for name, value in headers.items() if value}
        connection.request(self.command, self.path, headers=headers)
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name in _PASSED:
            if (value := answer.getheader(name)) is not None:
                self.send_header(name, value)
        self.end_headers()
        self._hand_out(answer)
        connection.close()

    do_HEAD = do_GET

    def _hand_out(self, answer: http.client.HTTPResponse) -> None:
        half, opened = self.server.gate.half, self.server.gate.opened  # type: ignore[attr-defined]
        total, sent = int(answer.getheader("Content-Length") or 0), 0
        try:
            while data := answer.read(_CHUNK):
                self.wfile.write(data)
                sent += len(data)
                if total >= _HELD_BYTES and sent >= total // 2:
                    half.set()
                    opened.wait()
                opened.wait(_CHUNK_SECONDS)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def log_message(self, *_: object) -> None:
        pass
