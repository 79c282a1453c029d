"""Mixed load on one plugin from several threads, until it is told to stop; an error stops it all."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.compare.setting import Subject
from tests.conformance import messages

_PAUSE_SECONDS = 0.02
_SETTINGS_SECONDS = 1.0
Work = Callable[[Subject], int]


def tiny(subject: Subject) -> int:
    return _count(subject.load(count=200, in_flight=5))


def several(subject: Subject) -> int:
    return _count(subject.load(count=20, queries=5))


def frames(subject: Subject) -> int:
    return _count(subject.load(query={"rows": 10_000}, rows=10_000, count=10))


def failing(subject: Subject) -> int:
    return _count(subject.load(query={"fail": True}, fails=True, count=50))


def refused(subject: Subject) -> int:
    return _count(subject.load(query={"rows": "many"}, fails=True, count=50))


def resources(subject: Subject) -> int:
    return _count(subject.load("resource", count=100))


def health(subject: Subject) -> int:
    return _count(subject.load("health", count=50))


def channels(subject: Subject) -> int:
    return int(subject.streams(20, 10, 0.5)["received"])


_versions = itertools.count(1_700_000_000_001)


def changed_settings(subject: Subject) -> int:
    """Save five data sources anew. Each old instance serves on for five seconds, so this is not done at once."""
    time.sleep(_SETTINGS_SECONDS)
    return _count(subject.load(instances=5, count=20, updated=next(_versions)))


def left_alone(subject: Subject) -> int:
    """Ask what takes long, and leave before the answer."""
    query = messages.query_data(messages.one_query({"wait_ms": 500}))
    call = subject.plugin.send("QueryData", query)
    call.cancel()
    call.result(60)
    return 1


WORKS: tuple[Work, ...] = (
    tiny,
    several,
    frames,
    failing,
    refused,
    resources,
    health,
    channels,
    changed_settings,
    left_alone,
)


def _count(answer: dict[str, int]) -> int:
    return answer["count"]


class Load:
    """What the threads have done so far."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._stop = threading.Event()
        self.calls = dict.fromkeys((work.__name__ for work in WORKS), 0)
        self.errors: list[str] = []

    def run(self, work: Work) -> None:
        while not self._stop.is_set():
            try:
                self.calls[work.__name__] += work(self._subject)
            except Exception as error:
                self.errors.append(f"{work.__name__}: {error}")
                self._stop.set()
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def mixed(subject: Subject) -> Iterator[Load]:
    """Run every kind of work in a thread of its own."""
    load = Load(subject)
    threads = [threading.Thread(target=load.run, args=(work,), name=work.__name__) for work in WORKS]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()
