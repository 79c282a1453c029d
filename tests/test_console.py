from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.console import Console, TerminalConsole


def test_data_goes_to_stdout_and_everything_else_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    console = TerminalConsole()
    console.data("data")
    console.data("line\n")
    console.step("step")
    console.warn("look out")
    captured = capsys.readouterr()

    assert captured.out == "data\nline\n"
    assert captured.err == "step\nwarning: look out\n"


def test_a_quiet_console_still_warns(capsys: pytest.CaptureFixture[str]) -> None:
    console = TerminalConsole(quiet=True)
    console.step("step")
    with console.working("work"):
        pass
    console.warn("look out")

    assert capsys.readouterr().err == "warning: look out\n"


def test_work_is_framed_by_two_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalConsole().working("building"):
        assert capsys.readouterr().err == "building ...\n"

    assert re.fullmatch(r"building: \d+\.\d s\n", capsys.readouterr().err)


def test_work_that_fails_is_not_said_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), TerminalConsole().working("building"):
        raise ValueError("no")

    assert capsys.readouterr().err == "building ...\n"


def a_terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return made


def test_a_transfer_is_told_in_tenths_that_never_go_back(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalConsole().transferring("fetching") as told:
        for done, total in ((0, 0), (100_000, 2_000_000), (1_000_000, 2_000_000), (1_100_000, 4_000_000)):
            told(done, total)
        told(4_000_000, 4_000_000)

    begun, *tenths, ended = capsys.readouterr().err.splitlines()
    assert begun == "fetching ..."
    assert tenths == ["fetching: 50 % of 2 MB", "fetching: 100 % of 4 MB"]
    assert re.fullmatch(r"fetching: \d+\.\d s", ended)


def test_a_quiet_console_transfers_in_silence(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalConsole(quiet=True).transferring("fetching") as told:
        told(1, 1)

    assert capsys.readouterr().err == ""


def test_on_a_terminal_a_transfer_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with TerminalConsole().transferring("fetching") as told:
        told(1_500_000, 3_000_000)

    assert "1.5/3.0 MB" in terminal.getvalue()
    assert re.search(r"fetching: \d+\.\d s\n$", terminal.getvalue())
    assert "fetching ..." not in terminal.getvalue()


def test_on_a_terminal_work_shows_a_spinner_and_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = a_terminal(monkeypatch)
    with TerminalConsole().working("building"):
        pass

    assert re.search(r"building: \d+\.\d s\n$", terminal.getvalue())
    assert "building ..." not in terminal.getvalue()


def test_a_console_that_says_nothing_can_be_made_of_the_protocol() -> None:
    class Silent(Console):
        def step(self, text: str) -> None:
            pass

        def warn(self, text: str) -> None:
            pass

    console = Silent()
    console.step("a")
    console.warn("b")
    with console.working("c"):
        done = True
    assert done


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a file that takes nothing")
@pytest.mark.parametrize(
    ("code", "exit_code"),
    [
        ("from plugin_cli.console import TerminalConsole as C; C().warn('x'); C().step('y')", 0),
        ("import sys; from plugin_cli.__main__ import run; sys.exit(run(['dev', 'status']))", 4),
    ],
    ids=["status", "an error"],
)
def test_a_full_disk_behind_stderr_ends_nothing(tmp_path: Path, code: str, exit_code: int) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", code], stderr=full, stdout=subprocess.PIPE, cwd=tmp_path, check=False
        )

    assert (done.returncode, done.stdout) == (exit_code, b"")
