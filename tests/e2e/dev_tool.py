"""`plugin-cli dev` as its user runs it, for the tests of whole sessions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import httpx

from tests.built_plugin import TOOL


@dataclass(frozen=True)
class Foreground:
    """A session in the foreground and the URL that it printed."""

    process: subprocess.Popen[str]
    url: str

    def end(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """Send a signal, wait for the end, and return the exit code and what was said on stderr."""
        if number is not None:
            self.process.send_signal(number)
        _, said = self.process.communicate(timeout=90)
        return self.process.returncode, said


@dataclass
class DevTool:
    """Runs commands in one plugin's folder."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    # Before each command, where another user shall run it.
    prefix: tuple[str, ...] = ()

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*self.prefix, TOOL, *arguments],
            cwd=self.root,
            env=os.environ | self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def up(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Start a detached session and return what --json says."""
        done = self.run("dev", "up", "--detach", "--json", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    @contextmanager
    def foreground(self, *arguments: str) -> Iterator[Foreground]:
        """Run a session in the foreground until the test ends it; the block begins when its page answers."""
        running = subprocess.Popen(
            [*self.prefix, sys.executable, "-m", "plugin_cli", "dev", "up", *arguments],
            cwd=self.root,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert running.stdout is not None
            url = running.stdout.readline().strip()
            if not url:
                raise AssertionError(running.communicate(timeout=60)[1])
            yield Foreground(running, url)
        finally:
            running.kill()
            running.communicate()

    def down(self) -> None:
        """End the session, if there is one."""
        assert self.run("dev", "down").returncode == 0


TOKEN_LETTERS = 48


def query(url: str, **extra: Any) -> httpx.Response:
    """Ask for one series between 0 and 1000 ms."""
    body = {"from": "0", "to": "1000", "queries": [{"refId": "A", "datasource": {"uid": "weather"}, **extra}]}
    with _client(url) as http:
        return http.post("api/ds/query", json=body)


def values(url: str) -> list[float]:
    """Return the values of the sample series."""
    answer = query(url)
    assert answer.status_code == 200, answer.text
    (frame,) = answer.json()["results"]["A"]["frames"]
    return list(frame["data"]["values"][1])


def get(url: str) -> httpx.Response:
    """Fetch an address of this machine: the page's, or what stands below it."""
    with _client(url) as http:
        return http.get(url.partition("?token=")[2][TOKEN_LETTERS:] if "?token=" in url else url)


def _client(url: str) -> httpx.Client:
    """Return a client that shows the token of a preview's address."""
    base, _, rest = url.partition("?token=")
    headers = {"Authorization": f"Bearer {rest[:TOKEN_LETTERS]}"} if rest else {}
    return httpx.Client(base_url=base, headers=headers, trust_env=False, timeout=60)


def until(reached: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so."""
    pause = Event()
    for _ in range(int(seconds / 0.1)):
        if reached():
            return
        pause.wait(0.1)
    raise AssertionError("not reached in time")
