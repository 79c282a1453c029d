"""Ten minutes of everything at once leave memory, threads and descriptors where warming up had brought them."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator

import pytest

from benchmarks.compare.plugins import executable
from benchmarks.compare.setting import Setting, Subject, setting
from tests.conformance.build import go_tool
from tests.soak.load import WORKS, Load, mixed

pytestmark = [pytest.mark.nightly, pytest.mark.go]

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
_ALLOWED = {"rss_kib": 8 * 1024, "threads": 16, "fds": 8}
"""How far the medians of two windows may lie apart. The load breathes by as much; at hundreds of calls a second
a leak of a hundred bytes, or of one thread or descriptor in a thousand calls, is more."""


@pytest.fixture(scope="module")
def run() -> Iterator[Setting]:
    if go_tool() is None:
        pytest.skip("needs go")
    with setting(rounds=1, quick=False) as found:
        yield found


@pytest.fixture(scope="module")
def subject(run: Setting) -> Iterator[Subject]:
    with run.driver.running(executable(run.built.python)) as found:
        yield found


@pytest.fixture(scope="module")
def soaked(subject: Subject) -> tuple[Load, list[dict[str, int]]]:
    samples = []
    with mixed(subject) as load:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and not load.errors:
            time.sleep(0.5)
            samples.append(subject.usage())
    return load, samples


def test_every_kind_of_call_was_answered_to_the_end(soaked: tuple[Load, list[dict[str, int]]]) -> None:
    load, _ = soaked

    assert load.errors == []
    assert [work.__name__ for work in WORKS if not load.calls[work.__name__]] == []


@pytest.mark.parametrize("quantity", _ALLOWED)
def test_nothing_grows(
    soaked: tuple[Load, list[dict[str, int]]], quantity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    load, samples = soaked
    values = [sample[quantity] for sample in samples]
    early, late = _window(values, 0.3, 0.5), _window(values, 0.8, 1.0)
    with capsys.disabled():
        calls = sum(load.calls.values())
        sys.stdout.write(
            f"\nsoak of {SECONDS:g} s, {calls:,} calls: {quantity} {values[0]} at first, "
            f"median {early:g} between 30 and 50 %, {late:g} in the last fifth, most {max(values)}"
        )

    assert late - early <= _ALLOWED[quantity]


def _window(values: list[int], begin: float, end: float) -> float:
    return statistics.median(values[int(len(values) * begin) : int(len(values) * end)])


def test_it_still_answers_when_all_is_over(
    subject: Subject, soaked: tuple[Load, list[dict[str, int]]]
) -> None:
    assert soaked[1]
    assert subject.load("health", count=20)["count"] == 20
