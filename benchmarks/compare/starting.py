"""From exec to the handshake line, and to the first answer of CheckHealth."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.plugins import executable
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting


def _prepare(setting: Setting, _stack: ExitStack) -> Subjects:
    def plugin(exe: Path) -> Callable[[], Sample]:
        def sample() -> Sample:
            line = setting.driver.first_line(exe)
            return {
                "line": line["us"] / 1e3,
                "cpu": line["cpu_us"] / 1e3,
                "health": setting.driver.first_health(exe)["us"] / 1e3,
            }

        sample()  # what is read for the first time comes from the disk
        return sample

    def hello() -> Sample:
        line = setting.driver.first_line(setting.built.hello)
        return {"line": line["us"] / 1e3, "cpu": line["cpu_us"] / 1e3, "health": line["us"] / 1e3}

    hello()
    python = plugin(executable(setting.built.python))
    return {"python": python, "go": plugin(setting.built.go), "hello": hello}


START = Measurement(
    "start",
    (
        Figure("line", "exec to handshake", "ms", Goal(1.7, "hello")),
        Figure("cpu", "CPU time until the handshake", "ms", peer="hello"),
        Figure("health", "exec to first health answer", "ms", Goal(5, "hello")),
    ),
    _prepare,
    times=3,
)
