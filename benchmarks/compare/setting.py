"""What a run of measurements works with: the two plugins, the Go client, and how often to measure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.compare.plugins import Built
from tests.conformance.build import program
from tests.conformance.host import Host, Plugin

_ENVIRONMENT = {"GF_VERSION": "12.4.3", "GF_EDITION": "Open Source"}
_SECONDS = 600.0
Answer = dict[str, Any]


class Driver(Host):
    """The conformance host, which takes the times around each call in Go."""

    def first_line(self, exe: Path, arguments: list[str] | None = None) -> Answer:
        """Start a program, end it, and return when its first line came (`us`)."""
        launch = {"exe": str(exe), "args": arguments or [], "env": _ENVIRONMENT}
        return self.ask("first-line", launch=launch, seconds=_SECONDS)

    def first_health(self, exe: Path) -> Answer:
        """Start a plugin, end it, and return when its first CheckHealth was answered (`us`)."""
        return self.ask("first-health", launch=_launch(exe), seconds=_SECONDS)

    @contextmanager
    def running(self, exe: Path, **environment: str) -> Iterator[Subject]:
        """Start a plugin and end it."""
        options = _launch(exe, **environment)
        with self.started(options.pop("exe"), **options) as plugin:
            yield Subject(plugin)


def _launch(exe: Path, **environment: str) -> Answer:
    return {"exe": str(exe), "env": _ENVIRONMENT | environment, "quiet": True}


@dataclass(frozen=True)
class Subject:
    """A plugin that runs."""

    plugin: Plugin

    def load(self, method: str = "query", **options: Any) -> Answer:
        """Make `count` calls, `in_flight` at once: `p50_us`, `p99_us`, `rate` a second, `cpu_us` a call."""
        return self._ask("load", {"method": method, **options})

    def streams(self, count: int, hertz: float, seconds: float) -> Answer:
        """Hold channels open and return the `delay` and `jitter` of their packets."""
        return self._ask("streams", {"count": count, "hertz": hertz, "seconds": seconds})

    def usage(self) -> Answer:
        """Return `rss_kib`, `pss_kib`, `threads`, `fds` and `cpu_ms` of the process."""
        return self.plugin.host.ask("usage", pid=self.plugin.pid)

    def _ask(self, command: str, call: Answer) -> Answer:
        return self.plugin.host.ask(command, plugin=self.plugin.name, call=call, seconds=_SECONDS)


@dataclass(frozen=True)
class Setting:
    """One run.

    Attributes:
        driver: the Go client.
        built: both plugins and the empty program, built on first use.
        rounds: how often each subject is measured.
        quick: a tenth of the calls in each round.
    """

    driver: Driver
    built: Built
    rounds: int = 5
    quick: bool = False

    def count(self, calls: int) -> int:
        """Return how many calls a round makes."""
        return max(1, calls // 10) if self.quick else calls


@contextmanager
def setting(rounds: int, quick: bool) -> Iterator[Setting]:
    """Start the Go client, and end it with everything it started."""
    driver = Driver(program("host"), env={"TMPDIR": "/tmp"})
    try:
        yield Setting(driver, Built(), rounds, quick)
    finally:
        driver.close()
