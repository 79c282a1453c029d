"""Queries, resources and health checks of a running plugin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.compare.figures import Figure, Goal
from benchmarks.compare.plugins import executable
from benchmarks.compare.rounds import Measurement, Sample, Subjects
from benchmarks.compare.setting import Setting, Subject

Measure = Callable[[Subject], Sample]


def both(
    setting: Setting,
    stack: ExitStack,
    measure: Measure,
    python: Path | None = None,
    floors: Mapping[str, Path] | None = None,
) -> Subjects:
    """Start both plugins and return a measurement of each; one round before counts for nothing.

    Args:
        setting: the run.
        stack: ends what is started.
        measure: takes one round of a plugin.
        python: the plugin's executable, if it is not the usual one.
        floors: programs that do as little as possible, to be measured beside them.
    """
    programs = {
        "python": python or executable(setting.built.python),
        "go": setting.built.go,
        **(floors or {}),
    }
    subjects: Subjects = {}
    for name, exe in programs.items():
        subject = stack.enter_context(setting.driver.running(exe))
        measure(subject)
        subjects[name] = partial(measure, subject)
    return subjects


def sample_of(answer: Mapping[str, Any], scale: float = 1e3) -> Sample:
    """Return the times of a load in microseconds divided by `scale`, and its rate."""
    return {
        "p50": answer["p50_us"] / scale,
        "p99": answer["p99_us"] / scale,
        "rate": answer["rate"],
        "cpu": answer["cpu_us"] / scale,
    }


def loads(
    name: str, title: str, in_flight: int, calls: int, goals: Mapping[str, Goal], **options: Any
) -> Measurement:
    """Return the measurement of so many equal calls: median, slowest of a hundred, rate, CPU time."""

    def prepare(setting: Setting, stack: ExitStack) -> Subjects:
        count = setting.count(calls)
        floors = {} if options.get("method") == "resource" else {"grpcio": setting.built.floor}
        return both(
            setting,
            stack,
            lambda subject: sample_of(subject.load(in_flight=in_flight, count=count, **options)),
            floors=floors,
        )

    return Measurement(name, _figures(title, goals), prepare)


def _figures(title: str, goals: Mapping[str, Goal]) -> tuple[Figure, ...]:
    return (
        Figure("p50", f"{title}, p50", "ms", goals.get("p50")),
        Figure("p99", f"{title}, p99", "ms", goals.get("p99")),
        Figure("rate", f"{title}, rate", "1/s", goals.get("rate")),
        Figure("cpu", f"{title}, CPU time of the plugin", "ms", goals.get("cpu")),
    )


QUERIES = (
    loads("query-1", "tiny query, 1 in flight", 1, 2000, {"p50": Goal(1.6, "go")}),
    loads("query-10", "tiny query, 10 in flight", 10, 4000, {"rate": Goal(0.45, "go", at_least=True)}),
    loads("query-50", "tiny query, 50 in flight", 50, 4000, {"rate": Goal(0.4, "go", at_least=True)}),
    loads("resource", "resource call", 1, 2000, {}, method="resource"),
    loads("health", "health check", 1, 2000, {}, method="health"),
)


def _frames(name: str, rows: int, columns: int, source: str, goal: Goal | None, calls: int) -> Measurement:
    asked = {"rows": rows, "columns": columns, "source": source}
    width = f" x {columns + 1} columns" if columns > 1 else ""
    of = "numpy" if source == "numpy" else "Python lists"

    def prepare(setting: Setting, stack: ExitStack) -> Subjects:
        exe = executable(setting.built.numpy if source == "numpy" else setting.built.python)

        def measure(subject: Subject) -> Sample:
            return sample_of(subject.load(query=asked, rows=rows, count=setting.count(calls)))

        return both(setting, stack, measure, exe)

    return Measurement(
        name, (Figure("p50", f"query of {rows:,} rows{width} from {of}, p50", "ms", goal),), prepare
    )


FRAMES = (
    _frames("lists-1k", 1000, 1, "lists", None, 500),
    _frames("lists-100k", 100_000, 1, "lists", Goal(1.8, "go"), 20),
    _frames("numpy-1k", 1000, 1, "numpy", None, 500),
    _frames("numpy-100k", 100_000, 1, "numpy", Goal(0.7, "go"), 50),
    _frames("numpy-1m", 1_000_000, 1, "numpy", Goal(0.7, "go"), 10),
    _frames("wide-lists", 1000, 19, "lists", None, 200),
    _frames("wide-numpy", 1000, 19, "numpy", None, 200),
)


def _beside(setting: Setting, stack: ExitStack) -> Subjects:
    options = {"method": "health", "beside": {"busy_ms": 100}, "beside_count": 2}
    return both(setting, stack, lambda subject: sample_of(subject.load(count=setting.count(200), **options)))


BESIDE = Measurement(
    "health-beside",
    (
        Figure("p50", "health check beside two CPU-bound queries, p50", "ms", Goal(10)),
        Figure("p99", "health check beside two CPU-bound queries, p99", "ms"),
    ),
    _beside,
)


def _waiting(setting: Setting, stack: ExitStack) -> Subjects:
    def measure(subject: Subject) -> Sample:
        asked = {"wait_ms": 50}
        one = subject.load(query=asked, count=setting.count(20))["p50_us"]
        ten = subject.load(query=asked, in_flight=10, count=setting.count(200))["p50_us"]
        request = subject.load(query=asked, queries=10, count=setting.count(20))["p50_us"]
        return {"requests": ten / one, "request": request / one}

    return both(setting, stack, measure)


WAITING = Measurement(
    "waiting",
    (
        Figure("requests", "10 requests of 50 ms at once, over one", "times", Goal(1.2)),
        Figure("request", "one request with 10 queries of 50 ms, over one", "times", Goal(1.2)),
    ),
    _waiting,
)
