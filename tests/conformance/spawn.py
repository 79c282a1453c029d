"""Starts the executable without go-plugin, to see the bytes of the handshake themselves."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.conftest import environment

GO_PLUGIN_ENV = {
    "grafana_plugin_type": "datasource",
    "PLUGIN_MIN_PORT": "10000",
    "PLUGIN_MAX_PORT": "25000",
    "PLUGIN_PROTOCOL_VERSIONS": "2",
}
"""What go-plugin itself sets."""


@dataclass
class Spawned:
    process: subprocess.Popen[bytes]
    line: bytes

    @property
    def fields(self) -> list[str]:
        return self.line.decode().rstrip("\n").split("|")

    @property
    def address(self) -> str:
        """The address as gRPC's Go client takes it."""
        return ("unix:" if self.fields[2] == "unix" else "") + self.fields[3]

    @property
    def socket(self) -> Path:
        return Path(self.fields[3])


def first_line(process: subprocess.Popen[bytes], seconds: float = 20.0) -> bytes:
    """Return the first line on stdout, or what there was of it."""
    assert process.stdout is not None
    found, descriptor, deadline = b"", process.stdout.fileno(), time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not found.endswith(b"\n") and selector.select(max(0.0, deadline - time.monotonic())):
            byte = os.read(descriptor, 1)
            if not byte:
                break
            found += byte
    return found


@contextmanager
def spawned(
    exe: Path, target: str | None = None, *, env: dict[str, str] | None = None, **options: Any
) -> Iterator[Spawned]:
    """Start the executable with go-plugin's and Grafana's variables and read its first line."""
    whole = GO_PLUGIN_ENV | environment(target) | (env or {})
    process: subprocess.Popen[Any] = subprocess.Popen(
        [exe],
        env=whole,
        stdout=subprocess.PIPE,
        **({"stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options),
    )
    try:
        yield Spawned(process, first_line(process))
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def descriptors_of(pid: int) -> set[str]:
    """Return what the descriptors of a process lead to, such as `socket:[123]`."""
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(path.readlink()))
    return found


def gone(pid: int, seconds: float) -> bool:
    """Tell whether a process has ended within so many seconds (a zombie has)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
