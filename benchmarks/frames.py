"""Encode frames here, with pyarrow, and with the Go SDK's MarshalArrow, in turns; print the ratios.

The Go encoder starts from a frame of the SDK's own slices; ours from what a Python author has.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from plugin_sdk.data import Field, Frame

_CONFORMANCE = Path(__file__).parents[1] / "conformance"
_START = datetime(2026, 1, 1, tzinfo=UTC)
_LABELS = {"station": "berlin"}
Encode = Callable[[], object]


class Case(NamedTuple):
    name: str
    shape: str  # of the Go SDK's frame
    rows: int
    ours: Encode
    pyarrow: Encode | None  # its conversion of the same input
    peer: str  # the goal is against this one
    goal: float | None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--only", default="", help="a part of the names of the cases to run")
    chosen = options.parse_args()
    print(f"{'case':34}{'ours ms':>10}{'Go ms':>10}{'pyarrow ms':>12}{'/ Go':>8}{'/ pyarrow':>11}  goal")
    missed = []
    with _go() as go:
        for case in filter(lambda case: chosen.only in case.name, _cases()):
            missed += _report(case, *_measure(case, go, chosen.rounds))
    _memory()
    print(f"missed: {', '.join(missed)}" if missed else "all goals met")
    return 1 if missed else 0


def _report(case: Case, ours: float, theirs: float, arrow: float | None) -> list[str]:
    to_arrow = ours / arrow if arrow else None
    ratio = ours / theirs if case.peer == "Go" else to_arrow
    verdict = ""
    if case.goal is not None and ratio is not None:
        verdict = f"<= {case.goal} of {case.peer} " + ("ok" if ratio <= case.goal else "MISSED")
    arrow_text = f"{arrow * 1e3:12.3f}" if arrow else f"{'-':>12}"
    ratio_text = f"{to_arrow:11.2f}" if to_arrow else f"{'-':>11}"
    times = f"{case.name:34}{ours * 1e3:10.3f}{theirs * 1e3:10.3f}{arrow_text}"
    print(f"{times}{ours / theirs:8.2f}{ratio_text}  {verdict}", flush=True)
    return [case.name] if verdict.endswith("MISSED") else []


def _measure(case: Case, go: Any, rounds: int) -> tuple[float, float, float | None]:
    """Medians; each round runs every side once, so that a noisy moment hits them all."""
    times: dict[str, list[float]] = {"ours": [], "go": [], "pyarrow": []}
    repeats = max(1, 20_000 // case.rows)
    sides = [("ours", case.ours)] + ([("pyarrow", case.pyarrow)] if case.pyarrow else [])
    for _ in range(rounds):
        times["go"].append(go(case.shape, case.rows, repeats))
        for name, encode in sides:
            gc.collect()
            start = time.perf_counter()
            for _ in range(repeats):
                encode()
            times[name].append((time.perf_counter() - start) / repeats)
    medians = {name: statistics.median(found) for name, found in times.items() if found}
    return medians["ours"], medians["go"], medians.get("pyarrow")


class _go:  # a context manager used as a verb
    """The Go SDK's encoder in a process of its own, which is asked for a time."""

    def __enter__(self) -> _go:
        go = shutil.which("go")
        if go is None:
            sys.exit("the peer is written in Go: install Go, or add it to PATH")
        self.folder = tempfile.TemporaryDirectory()
        program = str(Path(self.folder.name) / "frames")
        subprocess.run([go, "build", "-o", program, "./cmd/frames"], cwd=_CONFORMANCE, check=True)
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __call__(self, shape: str, rows: int, rounds: int) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        request = {"op": "bench", "shape": shape, "rows": rows, "rounds": rounds}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        nanos: list[int] = json.loads(self.process.stdout.readline())["nanos"]
        return statistics.median(nanos) / 1e9

    def __exit__(self, *_: object) -> None:
        self.process.communicate()
        self.folder.cleanup()


def _cases() -> list[Case]:
    cases = [
        lists("2 rows, Python lists", 2, None),
        lists("1k rows, Python lists", 1000, None),
        lists("100k rows, Python lists", 100_000, 1.1),
        lists("100k rows, lists with nulls", 100_000, None, nulls=True),
        _mixed("20 columns x 1k, Python lists", 1000),
        _mixed("20 columns x 100k, Python lists", 100_000),
    ]
    for rows in (1000, 100_000, 1_000_000):
        goal = 0.7 if rows >= 100_000 else None
        cases += [make(rows, goal) for make in (_numpy, _pandas, _pandas_index, _arrow, _polars)]
    return cases


def _frame(time_values: Any, values: Any) -> bytes:
    return Frame(
        "bench", Field("time", time_values), Field("value", values, labels=_LABELS), ref_id="A"
    ).to_arrow()


def _written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


def lists(name: str, rows: int, goal: float | None, *, nulls: bool = False) -> Case:
    times = [_START + timedelta(seconds=row) for row in range(rows)]
    values: list[float | None] = [row * 0.5 for row in range(rows)]
    if nulls:
        values[::7] = [None] * len(values[::7])

    def peer() -> bytes:
        arrays = [pa.array(times, pa.timestamp("ns")), pa.array(values)]
        return _written(pa.Table.from_arrays(arrays, ["time", "value"]))

    return Case(name, "series", rows, lambda: _frame(times, values), peer, "pyarrow", goal)


def _mixed(name: str, rows: int) -> Case:
    columns: dict[str, list[Any]] = {"time": [_START + timedelta(seconds=row) for row in range(rows)]}
    columns |= {f"f{i}": [float(row + i) for row in range(rows)] for i in range(13)}
    columns |= {f"i{i}": [row + i for row in range(rows)] for i in range(3)}
    columns |= {f"s{i}": [f"text {row % 100}" for row in range(rows)] for i in range(2)}

    def ours() -> bytes:
        return Frame("bench", *(Field(name, values) for name, values in columns.items())).to_arrow()

    return Case(name, "mixed", rows, ours, lambda: _written(pa.table(columns)), "pyarrow", None)


def _arrays(rows: int) -> tuple[Any, Any]:
    times = np.datetime64("2026-01-01", "ns") + np.arange(rows) * np.timedelta64(1, "s").astype("m8[ns]")
    return times, np.arange(rows) * 0.5


def _numpy(rows: int, goal: float | None) -> Case:
    times, values = _arrays(rows)
    return Case(f"{rows:,} rows, numpy", "series", rows, lambda: _frame(times, values), None, "Go", goal)


def _pandas(rows: int, goal: float | None) -> Case:
    frame = pd.DataFrame(dict(zip(("time", "value"), _arrays(rows), strict=True)))
    encode = lambda: Frame.from_any(frame).to_arrow()  # noqa: E731
    return Case(f"{rows:,} rows, pandas", "series", rows, encode, None, "Go", goal)


def _pandas_index(rows: int, goal: float | None) -> Case:
    """Microseconds with a time zone in the index, which is what pandas 3 makes by default."""
    index = pd.date_range("2026-01-01", periods=rows, freq="s", tz="Europe/Berlin", name="time", unit="us")
    frame = pd.DataFrame({"value": _arrays(rows)[1]}, index=index)
    encode = lambda: Frame.from_any(frame).to_arrow()  # noqa: E731
    return Case(f"{rows:,} rows, pandas us, zone", "series", rows, encode, None, "Go", goal)


def _arrow(rows: int, goal: float | None) -> Case:
    table = pa.table(dict(zip(("time", "value"), _arrays(rows), strict=True)))
    encode = lambda: Frame.from_any(table).to_arrow()  # noqa: E731
    return Case(f"{rows:,} rows, pyarrow table", "series", rows, encode, None, "Go", goal)


def _polars(rows: int, goal: float | None) -> Case:
    table = pl.DataFrame(dict(zip(("time", "value"), _arrays(rows), strict=True)))
    encode = lambda: Frame.from_any(table).to_arrow()  # noqa: E731
    return Case(f"{rows:,} rows, polars", "series", rows, encode, None, "Go", goal)


def _memory() -> None:
    times, values = _arrays(1_000_000)
    tracemalloc.start()
    size = len(_frame(times, values))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"peak memory of 1,000,000 rows of numpy: {peak / size:.3f} of the encoded size (goal <= 1.1)")


if __name__ == "__main__":
    sys.exit(main())
