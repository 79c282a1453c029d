"""A signal between the fork and the exec of a program leaves no program behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.dev.detach import start_owner
from plugin_cli.dev.grafana.installed.server import files_of, running_server
from plugin_cli.session.log import LogWriter
from plugin_cli.session.record import SessionFolder
from plugin_cli.system.process import run, run_unless_stopped
from plugin_cli.system.signals import held_signals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
SECONDS = 60.0
_SLEEP = ["sleep", "3600"]
NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def handled() -> Iterator[None]:
    """Raise on each signal, as the command line and a session do."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Interrupt this process when it has forked and Popen has not returned; the children's numbers."""
    original: Callable[..., int] = subprocess._fork_exec  # type: ignore[attr-defined]
    pids: list[int] = []
    number = NUMBERS[0]

    def fork_exec(*arguments: Any) -> int:
        pids.append(original(*arguments))
        if len(pids) == 1:
            signal.raise_signal(number)
        return pids[-1]

    monkeypatch.setattr(subprocess, "_fork_exec", fork_exec)
    return pids


def _run(_folder: Path) -> None:
    run(_SLEEP, what="it sleeps")


def _run_unless_stopped(_folder: Path) -> None:
    run_unless_stopped(_SLEEP, threading.Event(), what="it sleeps")


def _run_server(path: Path) -> None:
    folder = SessionFolder(path)
    folder.make()
    files_of(folder).mkdir()
    with running_server(_SLEEP, dict(os.environ), folder, "acme-weather-datasource", LogWriter(folder.log)):
        raise AssertionError("the block must not be entered")


def _start_owner(path: Path) -> None:
    start_owner(SessionFolder(path), ["dev", "logs", "--follow"], path, TerminalConsole())


WAYS: dict[str, Callable[[Path], None]] = {
    "run": _run,
    "run_unless_stopped": _run_unless_stopped,
    "running_server": _run_server,
    "start_owner": _start_owner,
}


@pytest.mark.usefixtures("handled")
@pytest.mark.parametrize("way", WAYS)
def test_a_program_that_is_just_being_started_ends(way: str, tmp_path: Path, forked: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        WAYS[way](tmp_path)

    assert forked
    assert has_ended(forked[0])


@pytest.mark.usefixtures("handled")
@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_is_delivered_after_the_block(number: signal.Signals) -> None:
    reached = []

    def interrupted() -> None:
        with held_signals():
            signal.raise_signal(number)
            reached.append(number)

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert reached == [number]


@pytest.mark.usefixtures("handled")
def test_a_program_inherits_no_held_signal() -> None:
    with held_signals():
        child = subprocess.Popen(_SLEEP)

    child.terminate()

    assert child.wait(SECONDS) == -signal.SIGTERM


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_may_start_programs() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run(["true"], what="it works").returncode))
    thread.start()
    thread.join(SECONDS)

    assert codes == [0]


def has_ended(pid: int) -> bool:
    """Return True when no such process runs any more; one that nobody has waited for has ended too."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return True
        time.sleep(0.02)
    return False
