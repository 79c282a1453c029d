from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from plugin_cli.errors import ToolFailedError, ToolMissingError
from plugin_cli.system.process import StoppedError, child_environment, run, run_unless_stopped


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_comes_back_by_stream() -> None:
    done = run(python("import sys; print('out'); print('err', file=sys.stderr)"), what="x")
    assert (done.returncode, done.stdout, done.stderr, done.output) == (0, "out\n", "err\n", "out\nerr")


def test_a_failure_says_what_failed_with_command_code_and_output() -> None:
    with pytest.raises(ToolFailedError) as failure:
        run(python("import sys; sys.exit('broken')"), what="the thing cannot be made", remedy="mend it")
    text = str(failure.value)
    assert text.startswith("the thing cannot be made\n")
    assert "ended with exit code 1\n  broken\n  try: mend it" in text
    assert failure.value.exit_code == 5


def test_a_failure_may_be_the_answer() -> None:
    assert run(python("raise SystemExit(3)"), what="x", check=False).returncode == 3


def test_a_missing_program_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="nowhere cannot be run"):
        run([tmp_path / "nowhere"], what="x")


def test_a_program_that_hangs_is_ended() -> None:
    with pytest.raises(ToolFailedError, match=r"took longer than 0\.5 s"):
        run(python("import time; time.sleep(60)"), what="x", timeout_seconds=0.5)


def test_stdin_reaches_the_program_and_is_empty_otherwise() -> None:
    echo = python("import sys; sys.stdout.write(sys.stdin.read())")
    assert run(echo, what="x", stdin="words").stdout == "words"
    assert run(echo, what="x").stdout == ""


def test_the_tools_own_python_settings_stay_with_the_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    env = child_environment({"EXTRA": "1"})
    assert not {"PYTHONPATH", "VIRTUAL_ENV"} & set(env)
    assert env["EXTRA"] == "1"
    assert "PATH" in env


@pytest.mark.skipif(sys.platform == "win32", reason="optional: a shell script stands for a tree of processes")
def test_a_stopped_program_ends_with_everything_it_started(tmp_path: Path) -> None:
    stopped = threading.Event()
    script = f"sleep 1000 & echo $! > {tmp_path}/started; mv {tmp_path}/started {tmp_path}/pid; wait"

    def stop() -> None:
        while not (tmp_path / "pid").exists():
            time.sleep(0.01)
        stopped.set()

    threading.Thread(target=stop).start()
    with pytest.raises(StoppedError):
        run_unless_stopped(["sh", "-c", script], stopped, what="it failed")

    pid = int((tmp_path / "pid").read_text())
    while Path(f"/proc/{pid}").exists() and "(zombie)" not in Path(f"/proc/{pid}/status").read_text():
        time.sleep(0.01)


def test_a_program_that_may_be_stopped_answers_and_fails_like_any_other() -> None:
    never = threading.Event()
    done = run_unless_stopped([sys.executable, "-c", "print('é' * 100_000)"], never, what="it failed")
    assert done.stdout == "é" * 100_000 + "\n"
    with pytest.raises(ToolFailedError, match="it failed"):
        run_unless_stopped([sys.executable, "-c", "exit(3)"], never, what="it failed")
    with pytest.raises(ToolMissingError, match="cannot be run"):
        run_unless_stopped(["/no/such/program"], never, what="it failed")
