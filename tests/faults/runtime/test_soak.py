"""Everything at once, faults among it, leaves memory, threads and descriptors where warming up had brought them."""

from __future__ import annotations

import os
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.conformance.host import Answer, Host, HostError
from tests.conformance.messages import ask, channel
from tests.faults.runtime.battery import (
    SECONDS,
    Arena,
    arena,
    forks,
    raises_anything,
    sends_deep_input,
    settings_go_back,
)
from tests.faults.runtime.test_event_loop import DONE_TO_THE_LOOP, PLACES

LONG_SECONDS = float(os.environ.get("SOAK_SECONDS", "1200"))
SHORT_SECONDS = 30.0
_PAUSE_SECONDS = 0.1
_ALLOWED = {"rss_kib": 24 * 1024, "threads": 16, "fds": 8}
"""How far the medians of two windows may lie apart; the load breathes by as much.

After an input nested a million deep the allocator keeps 30 MiB, or gives them back, from one second to the next.
"""
_ALLOWED_SHORT = {"rss_kib": 48 * 1024, "threads": 200, "fds": 24}
"""In half a minute the pools are still filling."""

_STAYING = 3
"""Children that stay: what passes on stderr, and two of multiprocessing's own."""
_CHILD_SECONDS = 30.0

Work = Callable[[Arena], None]


def plain_queries(arena: Arena) -> None:
    call = {"count": 200, "in_flight": 5}
    arena.host.ask("load", plugin=arena.plugin.name, call=call, seconds=SECONDS)


def large_answers(arena: Arena) -> None:
    answer = arena.plugin.call("QueryData", ask("big", bytes=4 * 1024 * 1024), brief=True, seconds=SECONDS)
    assert answer["code"] == "OK"


def callers_that_leave(arena: Arena) -> None:
    calls = [arena.plugin.send("QueryData", ask("hang", seconds=0.5)) for _ in range(10)]
    for call in calls:
        with suppress(HostError):  # answered already
            call.cancel()
    for call in calls:
        call.result(SECONDS)


def channels(arena: Arena) -> None:
    streams = [arena.plugin.send("RunStream", channel("every/50")) for _ in range(10)]
    for stream in streams:
        for _ in range(3):
            stream.next_event(SECONDS)
    for stream in streams:
        stream.cancel()
        stream.result(SECONDS)


def stops_the_loop(arena: Arena) -> None:
    """Do to the loop what leaves the calls beside it alone: cancelling all tasks would cancel theirs."""
    how = random.choice([how for how in DONE_TO_THE_LOOP if how != "cancel-all"])
    method, message = PLACES[random.choice(list(PLACES))](how)
    arena.plugin.call(method, message, seconds=SECONDS)


SYNC: tuple[Work, ...] = (
    plain_queries,
    large_answers,
    callers_that_leave,
    channels,
    raises_anything,
    settings_go_back,
    forks,
    sends_deep_input,
)
ASYNC: tuple[Work, ...] = (plain_queries, raises_anything, stops_the_loop)


class Soak:
    """Works on two plugins until it is stopped, and what was seen meanwhile."""

    def __init__(self, sync: Arena, asynchronous: Arena) -> None:
        self.arenas = {"sync": sync, "async": asynchronous}
        self.done: dict[str, int] = {}
        self.errors: list[str] = []
        self.samples: dict[str, list[Answer]] = {"sync": [], "async": []}
        self._stop = threading.Event()

    def run(self, seconds: float) -> None:
        works = [("sync", work) for work in SYNC] + [("async", work) for work in ASYNC]
        threads = [threading.Thread(target=self._work, args=work) for work in works]
        for thread in threads:
            thread.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.errors:
            time.sleep(0.5)
            for kind, one in self.arenas.items():
                self.samples[kind].append(one.usage())
        self._stop.set()
        for thread in threads:
            thread.join()

    def _work(self, kind: str, work: Work) -> None:
        name = f"{kind} {work.__name__}"
        while not self._stop.is_set():
            try:
                work(self.arenas[kind])
                self.done[name] = self.done.get(name, 0) + 1
            except Exception as error:
                self.errors.append(f"{name}: {error}")
                return
            time.sleep(_PAUSE_SECONDS)

    def windows(self, kind: str, quantity: str) -> tuple[float, float]:
        """Return the medians between 30 and 50 % and in the last fifth of the time."""
        values = [sample[quantity] for sample in self.samples[kind]]
        size = len(values)
        early, late = values[int(size * 0.3) : int(size * 0.5)], values[int(size * 0.8) :]
        return statistics.median(early), statistics.median(late)

    def tenths(self, kind: str, quantity: str) -> str:
        """Return the medians of ten parts of the time: steps of the allocator look unlike growth."""
        values = [sample[quantity] for sample in self.samples[kind]]
        size = max(1, len(values) // 10)
        parts = (values[start : start + size] for start in range(0, size * 10, size))
        return ", ".join(f"{statistics.median(part):g}" for part in parts if part)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SHORT_SECONDS, id="short"),
        pytest.param(LONG_SECONDS, id="long", marks=pytest.mark.nightly),
    ],
)
def soaked(
    request: pytest.FixtureRequest, host: Host, exe: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Soak, float]]:
    folder = tmp_path_factory.mktemp("soak")
    with ExitStack() as stack:
        sync, asynchronous = (
            stack.enter_context(arena(host, exe, folder, target, GF_PLUGIN_LOG_LEVEL="error"))
            for target in ("hostile:Sync", "hostile:Loop")
        )
        soak = Soak(sync, asynchronous)
        soak.run(request.param)
        yield soak, request.param


def test_nothing_failed_and_everything_still_works(soaked: tuple[Soak, float]) -> None:
    soak, _ = soaked

    assert soak.errors == []
    assert len(soak.done) == len(SYNC) + len(ASYNC)
    for one in soak.arenas.values():
        assert one.is_healed()
        assert one.restarts == 0
        assert children_left(one) <= _STAYING


def children_left(arena: Arena) -> int:
    """Return how many children a plugin has when those that are about to end have ended."""
    deadline = time.monotonic() + _CHILD_SECONDS
    while (count := arena.usage()["children"]) > _STAYING and time.monotonic() < deadline:
        time.sleep(0.5)
    return int(count)


@pytest.mark.parametrize("quantity", _ALLOWED)
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_nothing_grows(
    soaked: tuple[Soak, float], kind: str, quantity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    soak, seconds = soaked
    early, late = soak.windows(kind, quantity)
    with capsys.disabled():
        rounds = sum(count for name, count in soak.done.items() if name.startswith(kind))
        sys.stdout.write(
            f"\nsoak of {seconds:g} s, {kind}, {rounds:,} rounds: {quantity} median {early:g} between 30 "
            f"and 50 %, {late:g} in the last fifth; tenths: {soak.tenths(kind, quantity)}"
        )

    allowed = _ALLOWED if seconds >= 600 else _ALLOWED_SHORT
    assert late - early <= allowed[quantity]
