"""Channels held open, and the memory of a process."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.compare.answering import both
from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.plugins import executable
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting, Subject

_SETTLED_SECONDS = 2.0
"""After its first answer a plugin loads for a moment what it did not need for it."""


def _streams(setting: Setting, stack: ExitStack) -> Subjects:
    def measure(subject: Subject) -> Sample:
        answer = subject.streams(100, 10, 1 if setting.quick else 5)
        return {
            "delay": answer["delay"]["p50_us"] / 1e3,
            "delay99": answer["delay"]["p99_us"] / 1e3,
            "jitter": answer["jitter"]["p50_us"] / 1e3,
            "jitter99": answer["jitter"]["p99_us"] / 1e3,
            "cpu": answer["cpu_percent"],
            "share": 100 * answer["received"] / answer["expected"],
        }

    return both(setting, stack, measure)


STREAMS = Measurement(
    "streams",
    (
        Figure("delay", "100 channels at 10 Hz: made to received, p50", "ms"),
        Figure("delay99", "100 channels at 10 Hz: made to received, p99", "ms"),
        Figure("jitter", "100 channels at 10 Hz: off the beat, p50", "ms"),
        Figure("jitter99", "100 channels at 10 Hz: off the beat, p99", "ms"),
        Figure("cpu", "100 channels at 10 Hz: CPU", "%", Goal(5, "go")),
        Figure("share", "100 channels at 10 Hz: packets received of those due", "%"),
    ),
    _streams,
)


def _memory(setting: Setting, _stack: ExitStack) -> Subjects:
    def measure(exe: Callable[[], object]) -> Sample:
        with setting.driver.running(exe()) as subject:  # type: ignore[arg-type]
            subject.load(method="health")
            time.sleep(_SETTLED_SECONDS)
            idle = subject.usage()
            subject.load(in_flight=10, count=setting.count(2000))
            subject.load(query={"rows": 100_000}, count=10)
            subject.load(method="resource", count=setting.count(500))
            time.sleep(_SETTLED_SECONDS)
            loaded = subject.usage()
        return {
            "idle": idle["rss_kib"] / 1024,
            "idle_pss": idle["pss_kib"] / 1024,
            "loaded": loaded["rss_kib"] / 1024,
            "loaded_pss": loaded["pss_kib"] / 1024,
            "threads": float(loaded["threads"]),
        }

    built = setting.built
    return {
        "python": lambda: measure(lambda: executable(built.python)),
        "go": lambda: measure(lambda: built.go),
    }


MEMORY = Measurement(
    "memory",
    (
        Figure("idle", "memory idle, RSS", "MiB", Goal(40)),
        Figure("idle_pss", "memory idle, PSS with children", "MiB"),
        Figure("loaded", "memory after load, RSS", "MiB"),
        Figure("loaded_pss", "memory after load, PSS with children", "MiB"),
        Figure("threads", "threads after load", ""),
    ),
    _memory,
    most_rounds=3,
)
