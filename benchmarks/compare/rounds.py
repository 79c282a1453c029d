"""Measures subjects in turns, round by round, so that a noisy moment hits them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.compare.figures import Figure, Result
from benchmarks.compare.progress import progress
from benchmarks.compare.setting import Setting

Sample = Mapping[str, float]
Subjects = dict[str, Callable[[], Sample]]


@dataclass(frozen=True)
class Measurement:
    """A group of figures that come from the same rounds.

    Attributes:
        name: what `--only` takes.
        figures: what to keep of each sample.
        prepare: starts what the rounds need, to be ended by the stack, and returns a function for each
            subject that measures one round of it.
        most_rounds: fewer for what takes minutes.
        times: how many rounds are made for each that was asked for, of what is short and noisy.
    """

    name: str
    figures: tuple[Figure, ...]
    prepare: Callable[[Setting, ExitStack], Subjects]
    most_rounds: int = 99
    times: int = 1


def measure(measurements: Iterable[Measurement], setting: Setting) -> Iterator[Result]:
    """Yield the results of each measurement when its rounds are over."""
    for measurement in measurements:
        with ExitStack() as stack:
            yield from _measure(measurement, setting, stack)


def _measure(measurement: Measurement, setting: Setting, stack: ExitStack) -> Iterator[Result]:
    progress(f"{measurement.name}: preparing")
    subjects = measurement.prepare(setting, stack)
    samples: dict[str, list[Sample]] = {name: [] for name in subjects}
    rounds = min(setting.rounds * measurement.times, measurement.most_rounds)
    for number in range(rounds):
        progress(f"{measurement.name}: round {number + 1} of {rounds}")
        # The order changes too: who comes second finds a warmer processor.
        for name in list(subjects) if number % 2 == 0 else reversed(subjects):
            samples[name].append(subjects[name]())
    for figure in measurement.figures:
        values = {
            name: [sample[figure.key] for sample in found if figure.key in sample]
            for name, found in samples.items()
        }
        yield Result(measurement.name, figure, {name: numbers for name, numbers in values.items() if numbers})
