"""A plugin that `python -m plugin_sdk serve` runs, and what it logs."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc

from plugin_sdk.testing import PluginClient
from tests.sdk.in_process_server import SECONDS
from tests.sdk.plugins.processes import ROOT, environment

WEATHER = "tests.sdk.process.remote.plugin:Weather"
SERVING, NOT_SERVING = b"\x08\x01", b"\x08\x02"


class Served:
    """The process, whose log is read as it comes."""

    def __init__(self, *flags: str | Path, target: str = WEATHER, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "plugin_sdk", "serve", target, *map(str, flags)],
            cwd=ROOT,
            env=environment(**env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.entries: list[dict[str, Any]] = []
        self._new: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._new.put(json.loads(line))  # every line is JSON, whatever the plugin prints
        self._new.put(None)

    def logged(self, message: str) -> dict[str, Any]:
        """Wait for the next entry whose message has these words."""
        while True:
            entry = self._new.get(timeout=SECONDS)
            assert entry is not None, f"it ended, and never logged {message!r}: {self.entries}"
            self.entries.append(entry)
            if message in entry["@message"]:
                return entry

    def address(self) -> str:
        """Return where it listens, once it does."""
        return str(self.logged("listening")["address"])

    def end(self, seconds: float = SECONDS) -> int:
        """Wait for its end, and return the exit code."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """Kill it, if it still runs."""
        self.process.kill()
        self.process.wait()
        self._thread.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def health(channel: grpc.Channel, service: str = "") -> bytes:
    """Ask the standard health service."""
    name = service.encode()
    request = b"\x0a" + bytes((len(name),)) + name if name else b""
    check: Any = channel.unary_unary("/grpc.health.v1.Health/Check")
    return bytes(check(request, timeout=SECONDS))


def watch_health(channel: grpc.Channel) -> Any:
    """Watch the standard health service: an iterator of states, which can be cancelled."""
    watch: Any = channel.unary_stream("/grpc.health.v1.Health/Watch")
    return watch(b"", timeout=SECONDS, wait_for_ready=True)


def until_serving(channel: grpc.Channel) -> None:
    """Wait until the health service says that the plugin's code is loaded."""
    watch = watch_health(channel)
    for state in watch:
        if state == SERVING:
            watch.cancel()
            return


def client(channel: grpc.Channel) -> PluginClient:
    return PluginClient(channel, timeout_seconds=SECONDS)
