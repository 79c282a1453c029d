from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plugin_sdk._process import watch_parent
from plugin_sdk._process.watch_parent import DEFAULT_STALL_SECONDS, STALL_VARIABLE, Watch, stall_seconds
from tests.sdk.in_process_server import SECONDS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", DEFAULT_STALL_SECONDS), ("2.5", 2.5), ("0", 0.0), ("-1", 0.0), ("soon", DEFAULT_STALL_SECONDS)],
)
def test_the_limit_of_a_stall_is_read_from_the_environment(text: str, seconds: float) -> None:
    assert stall_seconds({STALL_VARIABLE: text} if text else {}) == seconds


def test_an_invalid_limit_is_logged(capfd: pytest.CaptureFixture[str]) -> None:
    stall_seconds({STALL_VARIABLE: "soon"})

    assert f"{STALL_VARIABLE} is not a number; using 30" in capfd.readouterr().err


def test_the_watch_ends_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_parent, "getppid", lambda: 7)
    stop, orphaned = threading.Event(), threading.Event()
    watch = threading.Thread(target=Watch(stop, stall=0, parent=7).run, args=(orphaned.set,))
    watch.start()
    assert watch.is_alive()

    stop.set()
    watch.join(SECONDS)

    assert not watch.is_alive()
    assert not orphaned.is_set()


@pytest.mark.skipif(sys.platform == "win32", reason="optional: go-plugin ends its children there")
def test_a_changed_parent_means_the_parent_has_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_parent, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(watch_parent, "getppid", lambda: 1)
    orphaned: list[bool] = []

    Watch(threading.Event(), stall=0, parent=7).run(lambda: orphaned.append(True))

    assert orphaned == [True]


def test_a_lock_that_is_never_released_stops_the_process_with_all_stacks() -> None:
    code = """
import ctypes, os, threading
from plugin_sdk._process.watch_parent import Watch

def hold_the_lock():
    ctypes.PyDLL(None).sleep(600)  # PyDLL holds the interpreter lock

stop = threading.Event()
threading.Timer(0.3, hold_the_lock).start()
Watch(stop, stall=0.5, parent=os.getppid()).run(lambda: None)
"""
    began = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )

    assert done.returncode == 1
    assert "hold_the_lock" in done.stderr
    assert time.monotonic() - began >= 0.5


def test_a_loop_that_turns_is_not_a_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """
import os, threading
from plugin_sdk._process import watch_parent

watch_parent.POLL_SECONDS = 0.05
stop = threading.Event()
threading.Timer(3, stop.set).start()
watch_parent.Watch(stop, stall=2, parent=os.getppid()).run(lambda: print("orphaned"))
print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=True
    )

    assert done.stdout == "ended\n"
