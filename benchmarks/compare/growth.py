"""How time and memory grow with one quantity, of both plugins in turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.compare.building import folder_bytes
from benchmarks.compare.figures import Figure, Result
from benchmarks.compare.plugins import executable
from benchmarks.compare.rounds import Measurement, Sample, Subjects, measure
from benchmarks.compare.setting import Setting, Subject
from benchmarks.compare.table import Table


@dataclass(frozen=True)
class Growth:
    """One quantity: its steps, what is measured at each, and of which Python bundle."""

    name: str
    title: str
    steps: Sequence[int]
    measured: Mapping[str, str]
    sample: Callable[[Subject, int, Setting], Sample]
    bundle: str = "python"

    def table(self, setting: Setting) -> Table:
        """Return a row for each step."""
        keys = [f"{title}, {side}" for title in self.measured.values() for side in ("Python", "Go")]
        table = Table(self.title, (self.name, *keys))
        for step in self.steps:
            found = measure([self._at(step)], setting)
            table.add(f"{step:,}", *(result.values[side] for result in found for side in ("python", "go")))
        return table

    def _at(self, step: int) -> Measurement:
        def prepare(setting: Setting, _stack: ExitStack) -> Subjects:
            programs = {"python": executable(getattr(setting.built, self.bundle)), "go": setting.built.go}
            return {
                side: lambda exe=exe: self._once(exe, step, setting)  # type: ignore[misc]
                for side, exe in programs.items()
            }

        figures = tuple(Figure(key, title, "") for key, title in self.measured.items())
        return Measurement(f"{self.name} {step}", figures, prepare, most_rounds=3)

    def _once(self, exe: Path, step: int, setting: Setting) -> Sample:
        with setting.driver.running(exe) as subject:
            subject.load(count=200)
            return self.sample(subject, step, setting)


def _queries(subject: Subject, setting: Setting, calls: int, rows: int, columns: int) -> Sample:
    asked = {"rows": rows, "columns": columns, "source": "numpy"}
    subject.load(query=asked, rows=rows)
    answer = subject.load(query=asked, rows=rows, count=max(3, setting.count(calls)))
    return {"p50": answer["p50_us"] / 1e3, "rss": subject.usage()["rss_kib"] / 1024}


def _rows(subject: Subject, rows: int, setting: Setting) -> Sample:
    return _queries(subject, setting, min(500, 5_000_000 // rows), rows, 1)


def _columns(subject: Subject, columns: int, setting: Setting) -> Sample:
    return _queries(subject, setting, min(500, 50_000 // columns), 100, columns)


def _in_flight(subject: Subject, in_flight: int, setting: Setting) -> Sample:
    subject.load(in_flight=in_flight, count=in_flight * 2)
    answer = subject.load(in_flight=in_flight, count=max(in_flight * 4, setting.count(3000)))
    usage = subject.usage()
    return {
        "rate": answer["rate"],
        "p99": answer["p99_us"] / 1e3,
        "rss": usage["rss_kib"] / 1024,
        "threads": float(usage["threads"]),
    }


def _streams(subject: Subject, count: int, setting: Setting) -> Sample:
    answer = subject.streams(count, 1, 3 if setting.quick else 5)
    return {
        "delay": answer["delay"]["p50_us"] / 1e3,
        "delay99": answer["delay"]["p99_us"] / 1e3,
        "cpu": answer["cpu_percent"],
        "rss": answer["usage"]["rss_kib"] / 1024,
    }


def _instances(subject: Subject, count: int, setting: Setting) -> Sample:
    # `updated` is later than that of the first queries: each instance is made in this pass.
    began = time.perf_counter()
    subject.load(instances=count, count=count, updated=1_800_000_000_000)
    made = time.perf_counter() - began
    options = {"instances": count, "updated": 1_800_000_000_000}
    answer = subject.load(count=max(count, setting.count(2000)), **options)
    return {
        "made": 1e3 * made / count,
        "p50": answer["p50_us"] / 1e3,
        "rss": subject.usage()["rss_kib"] / 1024,
    }


GROWTHS = (
    Growth(
        "rows",
        "Rows of a frame, from numpy",
        (10, 100, 1000, 10_000, 100_000, 1_000_000),
        {"p50": "query p50 [ms]", "rss": "RSS [MiB]"},
        _rows,
        "numpy",
    ),
    Growth(
        "columns",
        "Columns of a frame of 100 rows, from numpy",
        (1, 10, 100, 1000),
        {"p50": "query p50 [ms]", "rss": "RSS [MiB]"},
        _columns,
        "numpy",
    ),
    Growth(
        "in-flight",
        "Tiny queries in flight",
        (1, 10, 50, 100, 250),
        {"rate": "rate [1/s]", "p99": "p99 [ms]", "rss": "RSS [MiB]", "threads": "threads"},
        _in_flight,
    ),
    Growth(
        "streams",
        "Channels at 1 Hz",
        (1, 10, 100, 1000),
        {"delay": "delay p50 [ms]", "delay99": "delay p99 [ms]", "cpu": "CPU [%]", "rss": "RSS [MiB]"},
        _streams,
    ),
    Growth(
        "instances",
        "Data sources configured",
        (1, 10, 100, 1000),
        {"made": "first query each [ms]", "p50": "query p50 [ms]", "rss": "RSS [MiB]"},
        _instances,
    ),
)

_SETTLED_SECONDS = 2.0
_SIZES = {
    "dist": "dist [MB]",
    "line": "handshake [ms]",
    "health": "first health [ms]",
    "rss": "idle RSS [MiB]",
}


def sizes(setting: Setting) -> Table:
    """Return a row for each bundle: what larger dependencies cost that are not used at the start."""
    table = Table("Size of the plugin", ("bundle", *_SIZES.values()))
    figures = tuple(Figure(key, title, "") for key, title in _SIZES.items())
    measurement = Measurement("size", figures, lambda setting, _stack: _bundles(setting), most_rounds=5)
    results: list[Result] = list(measure([measurement], setting))
    for name in results[0].values:
        table.add(name, *(result.values[name] for result in results))
    return table


def _bundles(setting: Setting) -> Subjects:
    built = setting.built
    roots = {"scaffold": built.python, "with numpy": built.numpy, "with pandas": built.pandas}
    return {
        name: lambda root=root: _bundle(setting, root)  # type: ignore[misc]
        for name, root in roots.items()
    }


def _bundle(setting: Setting, root: Path) -> Sample:
    exe = executable(root)
    found = {
        "dist": folder_bytes(root / "dist") / 1e6,
        "line": setting.driver.first_line(exe)["us"] / 1e3,
        "health": setting.driver.first_health(exe)["us"] / 1e3,
    }
    with setting.driver.running(exe) as subject:
        subject.load(method="health")
        time.sleep(_SETTLED_SECONDS)
        return found | {"rss": subject.usage()["rss_kib"] / 1024}
