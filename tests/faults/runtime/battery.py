"""The battery for a plugin's process: each fault is done to it again and again, and then plain calls have to work.

A try is healed if the same process answers afterwards, or if it ended by itself and a new one, which the
host starts as Grafana does, answers. What the fault leaves behind is counted when all its tries are over.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.conftest import environment
from tests.conformance.host import Answer, Host, HostError, Plugin
from tests.conformance.messages import ask, b64, channel, health, one_query, query_data, resource, source
from tests.faults.runtime.test_deep_input import SHAPES, deep
from tests.faults.runtime.test_event_loop import DONE_TO_THE_LOOP, PLACES, RAISED
from tests.faults.runtime.test_limits import limited

SECONDS = 60.0
MIB = 1024 * 1024
_SETTLE_SECONDS = 12.0
"""A replaced instance is disposed after five seconds; threads of a pool and freed memory stay."""


@dataclass
class Arena:
    """A plugin to which faults are done, and the host that starts it anew where it ends."""

    host: Host
    exe: Path
    folder: Path
    target: str
    env: dict[str, str]
    plugin: Plugin
    restarts: int = 0

    def restart(self) -> None:
        """Start a new process where the old one has ended, as Grafana does."""
        self.restarts += 1
        self.plugin = self.host.start(self.exe, env=environment(self.target, **self.env))

    def is_healed(self) -> bool:
        """Return True if plain calls of every kind are answered, by a new process if the old one ended."""
        if self.plugin.exited()["exited"]:
            self.restart()
        try:
            queried = self.plugin.call("QueryData", query_data(), seconds=SECONDS)
            checked = self.plugin.call("CheckHealth", health(), seconds=SECONDS)
            asked = self.plugin.call("CallResource", resource("how/well"), seconds=SECONDS)
            watched = self.plugin.call("RunStream", channel("how/well"), seconds=SECONDS)
        except HostError:
            return False
        return (
            queried["code"] == "OK"
            and queried["responses"]["A"]["status"] == 200
            and checked["reply"]["status"] == "OK"
            and asked["events"][0]["reply"]["code"] == 200
            and len(watched["events"]) == 2
        )

    def usage(self) -> Answer:
        """Return what the process holds: threads, descriptors, memory, children."""
        usage = self.host.ask("usage", pid=self.plugin.pid)
        return {**usage, "children": len(children(self.plugin.pid))}


def children(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # of a thread that has just ended
            found += [int(child) for child in listing.read_text().split()]
    return found


@contextmanager
def arena(host: Host, exe: Path, folder: Path, target: str = "hostile:Sync", **env: str) -> Iterator[Arena]:
    """Start a plugin for one fault; hurried, so that it names and refuses hung calls after two seconds."""
    env = {"GF_PLUGIN_CONFORMANCE_HURRY": "2", **env}
    plugin = host.start(exe, env=environment(target, **env))
    made = Arena(host, exe, folder, target, env, plugin)
    try:
        yield made
    finally:
        made.plugin.kill()


def raises_anything(arena: Arena) -> None:
    method, message = PLACES[random.choice(list(PLACES))](random.choice(RAISED))
    arena.plugin.call(method, message, seconds=SECONDS)


def ends_the_loop(arena: Arena) -> None:
    method, message = PLACES[random.choice(list(PLACES))](random.choice(DONE_TO_THE_LOOP))
    arena.plugin.call(method, message, seconds=SECONDS)


def kills_the_loop(arena: Arena) -> None:
    arena.plugin.call("QueryData", query_data(one_query({"how": "kill-selector"})), seconds=SECONDS)
    assert arena.plugin.exited(30)["exited"]


def takes_all_threads(arena: Arena) -> None:
    if not arena.exe.name.startswith("gpx_limited"):
        arena.plugin.kill()
        arena.exe = limited(arena.exe, arena.folder, 120)
        arena.restart()
        arena.restarts = 0
    arena.plugin.call("QueryData", ask("threads", count=400), seconds=SECONDS)
    calls = [arena.plugin.send("QueryData", query_data()) for _ in range(60)]
    for call in calls:
        assert call.result(SECONDS)["code"] == "OK"
    arena.plugin.call("QueryData", ask("give-back"), seconds=SECONDS)


def takes_all_memory(arena: Arena) -> None:
    if not arena.plugin.exited()["exited"]:
        arena.plugin.call("QueryData", ask("memory", mib=random.choice((20, 60, 200))), seconds=SECONDS)
    calls = [arena.plugin.send("QueryData", ask("big", bytes=32 * MIB), brief=True) for _ in range(12)]
    for call in calls:
        call.result(SECONDS)
    arena.plugin.kill()  # the limit stays for good, which no machine's shortage does


def hangs_in_every_thread(arena: Arena) -> None:
    calls = [arena.plugin.send("QueryData", ask("hang")) for _ in range(260)]
    time.sleep(1)
    for call in calls:
        with suppress(HostError):  # refused already
            call.cancel()
    refused = arena.plugin.call("QueryData", query_data(), seconds=SECONDS)["code"]
    assert refused in ("ResourceExhausted", "Unavailable"), refused  # on a slow machine it has ended already
    assert arena.plugin.exited(60)["exited"]


def blocks_the_loop(arena: Arena) -> None:
    arena.plugin.call("QueryData", query_data(one_query({"block_ms": 2_500})), seconds=SECONDS)


def forks(arena: Arena) -> None:
    for message in (
        ask("pool", method=random.choice(("fork", "spawn", "forkserver"))),
        ask("terminate", after=random.choice((0, 0.1))),
        ask("fork-returns"),
        ask("fork-logs"),
        ask("program"),
    ):
        answer = arena.plugin.call("QueryData", message, seconds=SECONDS)
        assert answer["responses"]["A"]["status"] == 200, answer


def sends_deep_input(arena: Arena) -> None:
    shape, depth = random.choice(list(SHAPES)), random.choice((500, 5_000, 1_000_000))
    text = deep(shape, depth)
    answer = arena.plugin.call("QueryData", query_data(one_query(b'{"x":' + text + b"}")), seconds=SECONDS)
    assert answer["responses"]["A"]["status"] == 400
    arena.plugin.call("CheckHealth", health(source(number=9, json_data=text)), seconds=SECONDS)
    arena.plugin.call("CallResource", resource("body", method="POST", body=b64(text)), seconds=SECONDS)
    line = '{"@level":"info","x":' + text[:100_000].decode()
    arena.plugin.call("QueryData", ask("stderr", text=line), seconds=SECONDS)


def settings_go_back(arena: Arena) -> None:
    for updated in random.sample(range(1_000), 20):
        ds = source(number=77, updated=updated, json_data={"value": updated})
        arena.plugin.call("QueryData", ask("settings", ds=ds), seconds=SECONDS)


def ten_thousand_in_flight(arena: Arena) -> None:
    load = {"query": {"do": "hang", "seconds": 0.02}, "in_flight": 10_000, "count": 10_000}
    assert arena.host.ask("load", plugin=arena.plugin.name, call=load, seconds=300)["count"] == 10_000


def a_thousand_channels(arena: Arena) -> None:
    streams = [arena.plugin.send("RunStream", channel("every/2000")) for _ in range(1_000)]
    for stream in streams:
        stream.next_event(SECONDS)
        stream.next_event(SECONDS)
    for stream in streams:
        stream.cancel()
    for stream in streams:
        assert stream.result(SECONDS)["code"] == "Canceled"
    time.sleep(4)  # each sees that its viewer left when it has slept out


def callers_vanish(arena: Arena) -> None:
    other = Host(arena.host.program)
    info = arena.plugin.info
    plugin = other.dial(f"unix:{info['addr']}" if info["network"] == "unix" else info["addr"])
    for _ in range(200):
        plugin.send("QueryData", ask("hang", seconds=1.5))
        plugin.send("QueryData", ask("big", bytes=MIB))
    streams = [plugin.send("RunStream", channel("every/100")) for _ in range(50)]
    for stream in streams:
        stream.next_event(SECONDS)
    other.sigkill()
    time.sleep(3)


def connections_talk_nonsense(arena: Arena) -> None:
    sockets = []
    for number in range(200):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(arena.plugin.info["addr"])
        if number % 2:
            connection.sendall(random.randbytes(random.randrange(1, 4_096)))
        sockets.append(connection)
    assert arena.plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] == "OK"
    for connection in sockets:
        connection.close()
    time.sleep(1)


def frames_of_64_mib(arena: Arena) -> None:
    calls = [arena.plugin.send("QueryData", ask("big", bytes=64 * MIB), brief=True) for _ in range(4)]
    for call in calls:
        answer = call.result(SECONDS)
        assert (answer["code"], answer["size"] > 64 * MIB) == ("OK", True)


def is_killed(arena: Arena) -> None:
    calls = [arena.plugin.send("QueryData", ask("hang", seconds=30)) for _ in range(100)]
    time.sleep(0.3)
    os.kill(arena.plugin.pid, random.choice((9, 15)))
    for call in calls:
        assert call.result(SECONDS)["code"] in ("Unavailable", "Canceled", "Unknown")
    assert arena.plugin.exited(10)["exited"]


def loses_a_vital_thread(arena: Arena) -> None:
    arena.plugin.call("QueryData", ask(random.choice(("break-serving", "raise-in-main"))), seconds=SECONDS)
    arena.plugin.send("QueryData", query_data())
    assert arena.plugin.exited(10)["exited"]


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        name: what the table calls it.
        do: does it once to the plugin of an arena.
        short: how often in CI.
        long: how often at night.
        target: the plugin's class.
        ends: whether the process ends by it.
        env: settings of the plugin.
    """

    name: str
    do: Callable[[Arena], None]
    short: int
    long: int
    target: str = "hostile:Sync"
    ends: bool = False
    env: tuple[tuple[str, str], ...] = ()


_SOON = (("GF_PLUGIN_HANG_TIMEOUT", "6"),)
FAULTS = (
    Fault("a sync handler raises anything", raises_anything, 20, 500),
    Fault("an async handler raises anything", raises_anything, 20, 500, "hostile:Loop"),
    Fault("an async handler stops the event loop", ends_the_loop, 20, 500, "hostile:Loop"),
    Fault("the event loop cannot be woken any more", kills_the_loop, 1, 20, "hostile:Loop", True, _SOON),
    Fault("the serving thread or the main loop dies", loses_a_vital_thread, 2, 40, ends=True),
    Fault("the author's threads reach the limit, 60 queries meanwhile", takes_all_threads, 2, 40),
    Fault("memory at its limit, 12 answers of 32 MiB", takes_all_memory, 2, 40, ends=True),
    Fault("260 queries hang, their callers leave", hangs_in_every_thread, 1, 10, ends=True, env=_SOON),
    Fault("an async handler blocks for 2.5 s", blocks_the_loop, 2, 40, "hostile:Loop"),
    Fault("children of multiprocessing, os.fork and subprocess", forks, 3, 100),
    Fault("input nested up to a million deep", sends_deep_input, 3, 100),
    Fault("settings that go back", settings_go_back, 3, 50),
    Fault("10,000 calls in flight", ten_thousand_in_flight, 1, 10),
    Fault("1,000 channels at once", a_thousand_channels, 1, 10),
    Fault("a host with 450 calls is killed", callers_vanish, 1, 20),
    Fault("200 connections that say nothing or nonsense", connections_talk_nonsense, 2, 50),
    Fault("four answers of 64 MiB at once", frames_of_64_mib, 1, 30),
    Fault("killed with 100 calls under way (-9, TERM)", is_killed, 3, 60, ends=True),
)


@dataclass
class Row:
    """What came of one fault.

    Attributes:
        fault: its name.
        tries: how often it was done.
        healed: after how many of them plain calls of every kind worked.
        restarts: how many of those a new process answered.
        left: what more the process holds than before: threads beyond the pools', descriptors, children.
        mib: how much more memory it holds.
    """

    fault: str
    tries: int
    healed: int
    restarts: int
    left: str
    mib: float

    def cells(self) -> tuple[str, ...]:
        return (
            self.fault,
            str(self.tries),
            str(self.healed),
            str(self.restarts),
            self.left,
            f"{self.mib:+.0f}",
        )


HEADINGS = ("fault", "tries", "healed", "by a new process", "left behind", "MiB")


def table(rows: list[Row]) -> str:
    """Return the rows as the documentation shows them."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in rows]
    return "\n".join(lines)


def is_possible(fault: Fault) -> bool:
    """Return True if this machine can do the fault: a limit of threads binds other accounts than root's."""
    return fault.do is not takes_all_threads or (os.geteuid() == 0 and shutil.which("setpriv") is not None)


def run(fault: Fault, tries: int, host: Host, exe: Path, folder: Path) -> Row:
    """Do a fault so often, each time followed by plain calls, and count what it leaves behind."""
    healed = 0
    with arena(host, exe, folder, fault.target, **dict(fault.env)) as made:
        assert made.is_healed(), "the plugin does not work before anything was done to it"
        fault.do(made)  # the first time fills pools and caches; counted, but not as something left behind
        healed += made.is_healed()
        made.plugin.call("QueryData", ask("collect"), seconds=SECONDS)
        before = made.usage()
        for _ in range(tries - 1):
            fault.do(made)
            healed += made.is_healed()
        made.plugin.call("QueryData", ask("collect"), seconds=SECONDS)
        after = _settled(made, before)
    return Row(
        fault.name,
        tries,
        healed,
        made.restarts,
        _left(before, after),
        (after["rss_kib"] - before["rss_kib"]) / 1024,
    )


_COUNTED = ("fds", "sockets", "children")


def _settled(arena: Arena, before: Answer) -> Answer:
    deadline = time.monotonic() + _SETTLE_SECONDS
    while _left(before, after := arena.usage()) != "nothing" and time.monotonic() < deadline:
        time.sleep(0.5)
    return after


def _left(before: Answer, after: Answer) -> str:
    more = {name: after[name] - before[name] for name in _COUNTED if after[name] > before[name] + _ALLOWED}
    return ", ".join(f"{count} {name}" for name, count in more.items()) or "nothing"


_ALLOWED = 3
"""Descriptors breathe: a connection that is being closed, a pipe of multiprocessing's own server."""

Figures = dict[str, Any]
