from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from plugin_cli.errors import PluginCliError, UsageError
from plugin_cli.session.backend_record import BackendStatus, read_status, write_status
from plugin_cli.session.log import LogEntry, LogWriter, follow_log, level_filter, read_log
from plugin_cli.session.record import Session, SessionFolder, session_folder
from plugin_cli.system.file_lock import FileLock

_HOLDER = """
import os, sys, time
from pathlib import Path
from plugin_cli.session.record import Session, SessionFolder
folder = SessionFolder(Path(sys.argv[1]))
with folder.claim():
    folder.write(Session("p", "/r", "preview", "source", "http://127.0.0.1:1/", os.getpid(), 0.0))
    print("mine", flush=True)
    time.sleep(60)
"""


def session(pid: int = 1) -> Session:
    return Session("p", "/r", "preview", "source", "http://127.0.0.1:1/", pid, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> SessionFolder:
    return SessionFolder(tmp_path / "session")


def held(folder: SessionFolder) -> subprocess.Popen[bytes]:
    """Return another process that owns the session."""
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(folder.path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"mine\n"
    return holder


def end(holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.communicate()


def test_a_session_is_alive_while_its_owner_lives_and_crashed_after(folder: SessionFolder) -> None:
    holder = held(folder)
    try:
        assert folder.owned()
        assert folder.live() == session(holder.pid)
    finally:
        end(holder)

    assert not folder.owned()
    assert folder.live() is None
    assert folder.recorded() == folder.crashed() == session(holder.pid)


def test_a_second_owner_is_refused_with_the_way_out(folder: SessionFolder) -> None:
    holder = held(folder)
    try:
        with pytest.raises(PluginCliError, match="another `plugin-cli dev up`"), folder.claim():
            pass
        assert folder.recorded() == session(holder.pid)
    finally:
        end(holder)


def test_a_clean_end_takes_the_record_back(folder: SessionFolder) -> None:
    with folder.claim():
        folder.write(session())
        folder.ask_to_stop()
        assert folder.stop_asked()

    assert folder.recorded() is None
    assert not folder.stop_asked()


def test_looking_does_not_keep_an_owner_out(folder: SessionFolder) -> None:
    folder.path.mkdir(parents=True)
    look = FileLock(folder.path / "lock")
    assert look.acquire()
    # Held when the claim begins, given back a moment later.
    threading.Timer(0.2, look.release).start()

    with folder.claim():
        assert folder.owned()


def test_half_a_record_is_none(folder: SessionFolder) -> None:
    folder.path.mkdir(parents=True)
    for text in ("", "{", "[]", '{"plugin_id": "p"}', '{"strange": 1}'):
        (folder.path / "session.json").write_text(text)

        assert folder.recorded() is None


def test_a_failure_keeps_its_words_and_exit_code(folder: SessionFolder) -> None:
    with folder.claim():
        folder.write_failure(UsageError("port 1 is taken", why="because", remedy="leave it out"))

    found = folder.failure()

    assert found is not None
    assert (str(found), found.exit_code) == ("port 1 is taken\n  because\n  try: leave it out", 2)


def test_the_folder_is_closed_to_other_users(folder: SessionFolder) -> None:
    before = os.umask(0)
    try:
        with folder.claim():
            assert folder.path.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)


def test_two_checkouts_of_one_plugin_are_two_sessions(tmp_path: Path) -> None:
    one = session_folder(tmp_path / "a")
    two = session_folder(tmp_path / "b")

    assert one.path.parent == two.path.parent
    assert one.path != two.path
    assert one == session_folder(tmp_path / "x" / ".." / "a")


@pytest.mark.skipif(sys.platform == "win32", reason="optional: signals are POSIX")
def test_the_lock_is_not_inherited_by_children(folder: SessionFolder) -> None:
    code = _HOLDER.replace(
        "time.sleep(60)", "import subprocess; subprocess.Popen(['sleep', '30']); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(folder.path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    time.sleep(0.2)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    assert not folder.owned()
    holder.stdout.close()


def test_a_level_lets_itself_and_what_is_worse_through() -> None:
    wanted = level_filter("warn")

    kept = [
        level
        for level in ("trace", "debug", "info", "warn", "error")
        if wanted(LogEntry(0, "plugin", level, ""))
    ]

    assert kept == ["warn", "error"]
    assert level_filter("WARNING")(LogEntry(0, "plugin", "warn", ""))


def test_an_unknown_level_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError, match="trace, debug, info, warn, error"):
        level_filter("loud")


def test_the_log_keeps_its_newer_half(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log", max_bytes=4000)
    for number in range(200):
        writer.line("plugin", "info", f"line {number}")

    entries = read_log(tmp_path / "log")

    assert (tmp_path / "log").stat().st_size <= 4000
    assert [entry.message for entry in entries] == [f"line {n}" for n in range(200 - len(entries), 200)]


def test_following_ends_with_the_session_and_loses_no_line(tmp_path: Path) -> None:
    writer = LogWriter(tmp_path / "log")
    writer.line("plugin", "info", "one")
    answers = iter([True, False])

    def alive() -> bool:
        now = next(answers)
        if not now:
            writer.line("plugin", "error", "last words", reason="ä")
        return now

    assert [entry.message for entry in follow_log(tmp_path / "log", alive)] == ["one", "last words"]


def test_lines_of_others_in_the_log_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        'not json\n{"x": 1}\n' + LogEntry(1.0, "plugin", "info", "ok").to_json() + "\n"
    )

    assert [entry.message for entry in read_log(tmp_path / "log")] == ["ok"]
    assert read_log(tmp_path / "absent") == []


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="optional: a full disk in the shape of a file is Linux's")
def test_a_full_disk_loses_lines_and_says_so_once() -> None:
    told: list[str] = []
    writer = LogWriter(FULL, on_loss=told.append)
    writer.line("dev", "info", "one")
    writer.line("dev", "info", "two")

    assert told == [
        "the log loses lines: /dev/full cannot be written\n  No space left on device\n"
        "  try: make its folder writable and see that the disk has room"
    ]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = SessionFolder(tmp_path / "file" / "x")

    with pytest.raises(PluginCliError, match="file/x cannot be written\n  Not a directory"), folder.claim():
        pass
    with pytest.raises(PluginCliError, match=r"log\.jsonl cannot be written"):
        LogWriter(folder.log)


def test_what_cannot_be_recorded_is_said_and_leaves_no_old_address(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    write_status(folder, BackendStatus("unix:/old", True))
    session = Session("p", "/r", "preview", "source", "http://127.0.0.1:1/", 1, 0.0)
    # A folder stands where the file that is moved into place has to be written.
    for name in ("backend", "session", "failure"):
        (tmp_path / f"{name}.{os.getpid()}-{threading.get_ident()}").mkdir()

    write_status(folder, BackendStatus("unix:/new", True))
    folder.write_failure(PluginCliError("it failed"))

    assert read_status(folder) is None
    assert folder.failure() is None
    with pytest.raises(PluginCliError, match=r"session\.json cannot be written\n  Is a directory"):
        folder.write(session)


def test_the_backend_of_a_session_is_told_to_other_commands(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path)
    assert read_status(folder) is None
    record = BackendStatus("unix:/a", False, "why", "/f.py", 3)
    write_status(folder, record)
    assert read_status(folder) == record
    folder.backend.write_text('{"other": 1}')
    assert read_status(folder) is None
