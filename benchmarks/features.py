"""What validation, logging, metrics and tracing each cost a tiny query, by switching each off.

    scripts/bench features [--quick] [--rounds N] [--json FILE] [--markdown FILE]

The plugin runs from source, in a process made for this. Processes with one feature off, with all of them on
and with all of them off take turns; a cost is the difference to all of them on, round by round.
"""

from __future__ import annotations

import shutil
import stat
import statistics
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks.compare import options
from benchmarks.compare.answering import sample_of
from benchmarks.compare.figures import Figure, Result
from benchmarks.compare.plugins import PYTHON_PLUGIN, ROOT
from benchmarks.compare.rounds import Measurement, Sample, Subjects, measure
from benchmarks.compare.setting import Setting, Subject
from benchmarks.compare.switches import SWITCHES
from benchmarks.compare.table import Table

GOAL_PERCENT = 25.0
_ON = "everything on"
_OFF = "all of them"
_FIGURES = (Figure("p50", "time", "us"), Figure("cpu", "CPU time", "us"))


def main(arguments: list[str]) -> int:
    """Measure and print; 1 if all together cost 25 % of a tiny query or more."""
    chosen = options.parse("features", __doc__, arguments)
    with options.run(chosen) as run:
        results = {result.figure.key: result for result in measure([FEATURES], run)}
    options.write(chosen, [_table(results)])
    return int(statistics.median(_costs(results["cpu"], _OFF)) >= GOAL_PERCENT)


def _prepare(setting: Setting, stack: ExitStack) -> Subjects:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-features-")))
    shutil.copytree(PYTHON_PLUGIN, folder / "weather")
    subjects: Subjects = {}
    for name, off in {_ON: [], **{name: [name] for name in SWITCHES}, _OFF: list(SWITCHES)}.items():
        exe = _script(folder / f"gpx_{'_'.join(off) or 'everything'}", folder, off)
        plugin = stack.enter_context(setting.driver.running(exe))

        subjects[name] = partial(_sample, plugin, setting.count(3000))
        subjects[name]()
    return subjects


def _sample(plugin: Subject, count: int) -> Sample:
    return sample_of(plugin.load(count=count), scale=1.0)


def _script(path: Path, folder: Path, off: list[str]) -> Path:
    path.write_text(
        f"#!{sys.executable} -P\n"
        "import runpy, sys\n"
        f"sys.path[:0] = [{str(folder)!r}, {str(ROOT)!r}]\n"
        f"sys.argv[1:] = {off!r}\n"
        'runpy.run_module("benchmarks.compare.switches", run_name="__main__")\n'
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


FEATURES = Measurement("features", _FIGURES, _prepare, times=2)


def _costs(result: Result, name: str) -> list[float]:
    """Return what a feature costs in percent of the whole query, one value a round."""
    pairs = zip(result.values[_ON], result.values[name], strict=True)
    return [100 * (whole - without) / whole for whole, without in pairs]


def _table(results: dict[str, Result]) -> Table:
    table = Table(
        "Cost of features",
        (
            "feature",
            "time without it [us]",
            "CPU without it [us]",
            "cost, of the time [%]",
            "cost, of the CPU [%]",
        ),
    )
    time, cpu = results["p50"], results["cpu"]
    for name in time.values:
        costs = [[], []] if name == _ON else [_costs(time, name), _costs(cpu, name)]
        table.add(name, time.values[name], cpu.values[name], *costs)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
