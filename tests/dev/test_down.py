"""`dev down` and `dev status` beside sessions that start, hang, crashed, or whose numbers are others' by now."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.dev import down
from plugin_cli.dev.down import dev_down
from plugin_cli.dev.status import dev_status
from plugin_cli.errors import PluginCliError
from plugin_cli.session.record import Session, SessionFolder, session_folder
from plugin_cli.system.running import Process, start_of, this_process
from tests.source_plugin import write_source_plugin

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="optional: signals are POSIX")
QUIET = TerminalConsole(quiet=True)

# A process that owns the session and never gets so far as to look for a request to stop.
_DEAF = """
import signal, sys, time
from pathlib import Path
from plugin_cli.session.record import SessionFolder
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with SessionFolder(Path(sys.argv[1])).claim():
    print("mine", flush=True)
    time.sleep(120)
"""
# One that holds the lock alone, as between the claim and the first word of its owner.
_SILENT = """
import sys, time
from pathlib import Path
from plugin_cli.system.file_lock import FileLock
lock = FileLock(Path(sys.argv[1]) / "lock")
assert lock.acquire()
print("mine", flush=True)
time.sleep(120)
"""
# An owner whose start takes long, in a program that it waits for.
_STARTING = """
import subprocess, sys
from contextlib import contextmanager
from pathlib import Path
from plugin_cli.console import TerminalConsole
from plugin_cli.dev.owner import own_session
from plugin_cli.errors import PluginCliError
from plugin_cli.project import find_project
from plugin_cli.session.record import SessionFolder

@contextmanager
def start():
    try:
        print("starting", flush=True)
        subprocess.run(["sleep", "120"])
        yield None
    except PluginCliError:
        pass  # as much of a start does
    finally:
        Path(sys.argv[3]).write_text("cleaned")

try:
    own_session(find_project(Path(sys.argv[2])), SessionFolder(Path(sys.argv[1])), start, TerminalConsole(), print, print)
except PluginCliError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("plugin_cli.session.record.cache_dir", lambda: tmp_path / "cache" / "plugin-cli")
    monkeypatch.setattr(down, "_POLITE_SECONDS", 0.5)
    return write_source_plugin(tmp_path / "weather").root


@pytest.fixture
def folder(plugin: Path) -> SessionFolder:
    found = session_folder(plugin)
    found.make()
    return found


@pytest.fixture
def foreign() -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else, which must live."""
    process = subprocess.Popen(["sleep", "120"])
    yield process
    alive = process.poll() is None
    process.kill()
    process.wait()
    assert alive, "a foreign process was ended"


def running(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def stale(plugin: Path, pid: int) -> Session:
    return Session(
        "acme-weather-datasource", str(plugin), "preview", "source", "http://127.0.0.1:1/", pid, 0.0
    )


def test_the_number_of_a_dead_owner_kills_nobody(
    plugin: Path, folder: SessionFolder, foreign: subprocess.Popen[bytes]
) -> None:
    folder.write(stale(plugin, foreign.pid))
    owner = running(_DEAF, folder.path)

    assert dev_status(plugin).session is None
    assert dev_status(plugin).starting
    assert dev_down(plugin, QUIET).stopped
    assert owner.wait(timeout=10) == -signal.SIGKILL
    owner.communicate()
    assert not folder.path.exists()


def test_an_owner_that_has_not_said_who_it_is_is_not_guessed(
    plugin: Path, folder: SessionFolder, foreign: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(down, "_KILL_SECONDS", 0.5)
    folder.write(stale(plugin, foreign.pid))
    (folder.path / "owner.json").write_text(json.dumps({"pid": foreign.pid, "started": "12"}))
    holder = running(_SILENT, folder.path)
    try:
        assert folder.live() is None
        with pytest.raises(PluginCliError, match="does not end"):
            dev_down(plugin, QUIET)
        assert holder.poll() is None
    finally:
        end(holder)


@pytest.mark.parametrize("how", ["down", "SIGTERM", "SIGHUP"])
def test_an_owner_that_starts_hears_that_it_is_to_stop(
    plugin: Path, folder: SessionFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(down, "_POLITE_SECONDS", 60.0)
    owner = running(_STARTING, folder.path, plugin, tmp_path / "end")
    (waited_for,) = children(owner.pid)

    if how == "down":
        assert dev_down(plugin, QUIET).stopped
    else:
        os.kill(owner.pid, getattr(signal, how))
    _, said = owner.communicate(timeout=30)

    assert (owner.returncode, said.splitlines()[0]) == (
        1,
        "the development session was stopped while it started",
    )
    assert (tmp_path / "end").read_text() == "cleaned"
    assert start_of(waited_for) is None
    assert not folder.owned()


def children(pid: int) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if found := _children_now(pid):
            time.sleep(0.2)  # and Popen has read that it has started
            return found
        time.sleep(0.05)
    return []


def _children_now(pid: int) -> list[int]:
    if sys.platform == "linux":  # a bare system has no pgrep
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        # A child counts once it is the program: a signal while Popen still starts it is another case.
        text = " ".join(child for child in found if _runs(child, b"sleep"))
    else:
        text = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(word) for word in text.split()]


def _runs(pid: str, program: bytes) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(program)
    except OSError:
        return False


def test_a_crashed_session_is_remembered_until_it_is_cleaned(plugin: Path, folder: SessionFolder) -> None:
    folder.write(stale(plugin, 1))
    assert dev_status(plugin).crashed
    owner = running(_DEAF, folder.path)
    end(owner)

    # The next owner died as well, before it had cleaned up after the first.
    assert folder.recorded() is None
    assert folder.crashed() == stale(plugin, 1)
    assert dev_status(plugin).crashed
    assert not dev_down(plugin, QUIET).stopped
    assert not folder.path.exists()


def test_a_cache_that_cannot_exist_holds_nothing(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "plugin_cli.session.record.cache_dir", lambda: plugin / "src" / "plugin.json" / "cache"
    )

    result = down.dev_down(plugin, TerminalConsole(quiet=True))

    assert (result.stopped, result.session) == (False, None)


def test_a_process_is_known_by_number_and_start() -> None:
    process = subprocess.Popen(["sleep", "120"])
    known = Process(process.pid, start_of(process.pid) or "")
    assert known.runs
    assert not Process(process.pid, "").runs
    assert not Process(process.pid, "0").kill()
    assert process.poll() is None
    assert known.kill()
    process.wait()
    assert not known.runs
    assert not known.kill()
    assert this_process().runs
    assert start_of(2**22 - 1) is None


def test_status_says_what_the_session_cannot_read(plugin: Path, folder: SessionFolder) -> None:
    with folder.claim():
        folder.write(stale(plugin, os.getpid()))
        folder.write_problem("weather.yaml cannot be read")

        assert dev_status(plugin).unread == "weather.yaml cannot be read"
        assert dev_status(plugin).to_json()["settingsError"] == "weather.yaml cannot be read"
        folder.write_problem("")
        assert dev_status(plugin).to_json()["settingsError"] is None
    assert folder.problem() == ""
