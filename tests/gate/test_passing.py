"""Calls, streams and failures through the gate, with replicas over mutual TLS."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk.testing import ClientError, settings
from tests.gate.backends import Backend, mutual_tls
from tests.gate.conftest import Gate
from tests.sdk.in_process_server import SECONDS
from tests.sdk.process.remote.certificates import Authority
from tests.waiting import eventually

Backends = Callable[..., Backend]
Gates = Callable[..., Gate]


def pid(gate: Gate, **query: Any) -> int:
    """Ask which replica answers."""
    response = gate.client.query_data([{"refId": "A", **query}], settings())["A"]
    assert not response.error, response.error
    return int(response.frames[0].fields[0].values[0])


class Pair:
    """A gate with two replicas, each of which keeps its address when it is started again."""

    def __init__(self, gate: Gates, backend: Backends, ours: Authority) -> None:
        self._backend = backend
        self.flags, keys = mutual_tls(ours)
        self.replicas = [self.start(), self.start()]
        self.gate = gate(backend=",".join(replica.at for replica in self.replicas), **keys)
        eventually(lambda: pid(self.gate) in self.pids)

    @property
    def pids(self) -> set[int]:
        return {replica.process.pid for replica in self.replicas}

    def start(self, listen: str = "127.0.0.1:0") -> Backend:
        return self._backend(*self.flags, "--lame-duck", "2", "--drain", "20", listen=listen)

    def both(self) -> None:
        """Wait until both answer."""
        found: set[int] = set()

        def ask() -> bool:
            found.add(pid(self.gate))
            return self.pids <= found

        eventually(ask)

    def again(self, index: int) -> None:
        """Start a replica again that has ended."""
        self.replicas[index] = self.start(self.replicas[index].at)


@pytest.fixture
def pair(gate: Gates, backend: Backends, ours: Authority) -> Pair:
    made = Pair(gate, backend, ours)
    made.both()
    return made


class Load:
    """Queries without pause, and who answered."""

    def __init__(self, gate: Gate, threads: int = 4) -> None:
        self.answers: Counter[int] = Counter()
        self.errors: list[BaseException] = []
        self._gate = gate
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.answers[pid(self._gate)] += 1
            except (ClientError, AssertionError) as error:
                self.errors.append(error)

    def more(self, count: int = 50) -> None:
        """Wait for so many more answers."""
        goal = self.answers.total() + count
        eventually(lambda: bool(self.errors) or self.answers.total() >= goal)

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def under_load(gate: Gate) -> Iterator[Load]:
    load = Load(gate)
    try:
        load.more()
        yield load
        load.more()
    finally:
        load.end()


def test_calls_go_to_both_replicas(pair: Pair) -> None:
    answers = Counter(pid(pair.gate) for _ in range(20))

    assert set(answers) == pair.pids
    assert min(answers.values()) >= 8


def test_a_replica_is_killed_under_load_without_an_error(pair: Pair) -> None:
    with under_load(pair.gate) as load:
        pair.replicas[0].process.kill()

    assert not load.errors
    assert pid(pair.gate) == pair.replicas[1].process.pid


def test_a_rolling_restart_loses_no_call(pair: Pair) -> None:
    with under_load(pair.gate) as load:
        for index in (0, 1):
            old = pair.replicas[index]
            old.process.send_signal(signal.SIGTERM)
            load.more()
            assert old.end() == 0
            pair.again(index)
            pair.both()

    assert not load.errors


def test_a_call_that_may_have_changed_something_is_not_made_twice(pair: Pair) -> None:
    with pytest.raises(ClientError, match=r"UNAVAILABLE: the backend at 127\.0\.0\.1:\d+: "):
        pair.gate.client.call_resource("POST", "die", instance=settings())

    ended = [replica for replica in pair.replicas if replica.process.poll() is not None]
    eventually(lambda: any(replica.process.poll() is not None for replica in pair.replicas))
    assert len(ended) <= 1
    assert pid(pair.gate) in pair.pids


def test_a_cancelled_call_is_cancelled_there(pair: Pair, tmp_path: Path) -> None:
    client, never = pair.gate.client, tmp_path / "never"
    client.timeout_seconds = 2.0  # a deadline travels too
    with pytest.raises(ClientError, match="DEADLINE_EXCEEDED"):
        client.query_data([{"refId": "A", "wait_for": str(never)}], settings())

    eventually(lambda: Path(f"{never}-cancelled").exists())


@pytest.mark.nightly
def test_a_hundred_streams_are_spread_and_begun_anew_where_a_replica_goes(pair: Pair) -> None:
    client = pair.gate.client
    seen: list[Counter[int]] = [Counter() for _ in range(100)]
    errors: list[BaseException] = []
    stop = threading.Event()

    def follow(index: int) -> None:
        stream = client.run_stream(f"channel-{index}", instance=settings())
        try:
            for packet in stream:
                seen[index][_pid_of(packet)] += 1
                if stop.is_set():
                    return
        except ClientError as error:
            errors.append(error)

    with ThreadPoolExecutor(100) as threads:
        try:
            for index in range(100):
                threads.submit(follow, index)
            eventually(lambda: bool(errors) or all(counts.total() >= 30 for counts in seen))
            spread = Counter(process for counts in seen for process in counts)
            pair.replicas[0].process.kill()
            alive = pair.replicas[1].process.pid
            before = [counts[alive] for counts in seen]
            eventually(
                lambda: bool(errors) or all(c[alive] > b + 3 for c, b in zip(seen, before, strict=True))
            )
        finally:
            stop.set()

    assert not errors
    assert sorted(spread.values()) == [50, 50] or min(spread.values()) >= 40


def _pid_of(packet: Any) -> int:
    import json

    data = packet.data if hasattr(packet, "data") else packet
    return int((data if isinstance(data, dict) else json.loads(data))["pid"])


@pytest.mark.nightly
def test_a_stuck_replica_is_left_and_its_call_made_elsewhere(pair: Pair) -> None:
    stuck = pair.replicas[0].process
    stuck.send_signal(signal.SIGSTOP)  # its connections stay open, and nothing answers
    try:
        deadline = time.monotonic() + SECONDS
        answers: list[int] = []
        while time.monotonic() < deadline and len(answers) < 20:
            with suppress(ClientError):
                answers.append(pid(pair.gate))
        assert answers.count(pair.replicas[1].process.pid) == 20
    finally:
        stuck.send_signal(signal.SIGCONT)


def memory(process: int) -> int:
    """Return the resident bytes of a process."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.nightly
def test_frames_of_64_mib_pass_in_memory_that_does_not_grow(pair: Pair) -> None:
    if not Path("/proc/self/statm").exists():
        pytest.skip("optional: needs /proc")
    small = memory(pair.gate.pid)

    def big() -> int:
        response = pair.gate.client.query_data([{"refId": "A", "megabytes": 64}], settings())["A"]
        assert len(response.frames[0].fields[0].values) == 64 * 1024
        return memory(pair.gate.pid)

    sizes = [big() for _ in range(8)]

    assert small < 60e6
    assert max(sizes[4:]) < max(sizes[:4]) * 1.25 + 20e6, sizes
    assert max(sizes) < 300e6, sizes
