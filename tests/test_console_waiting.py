"""What is said while something takes longer than a moment."""

from __future__ import annotations

import io
import sys
from threading import Event

import pytest

from plugin_cli import console
from plugin_cli.console import Console, TerminalConsole


class Stream(io.StringIO):
    """Tells when something was written."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal
        self.written = Event()

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        done = super().write(text)
        if text.strip():
            self.written.set()
        return done


@pytest.mark.parametrize("terminal", [False, True])
def test_a_long_wait_is_explained(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    stream = Stream(terminal=terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", 0.01)

    with TerminalConsole().waiting("starting the backend"):
        assert stream.written.wait(60)

    assert "starting the backend" in stream.getvalue()
    assert (stream.getvalue() == "starting the backend ...\n") is not terminal


@pytest.mark.parametrize(("quiet", "seconds"), [(True, 0.0), (False, 3600.0)])
def test_a_short_wait_or_a_quiet_console_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], quiet: bool, seconds: float
) -> None:
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", seconds)

    with TerminalConsole(quiet=quiet).waiting("starting the backend"):
        pass

    assert capsys.readouterr().err == ""


def test_a_console_that_says_nothing_waits_as_well() -> None:
    class Silent(Console):
        def step(self, text: str) -> None:
            pass

        def warn(self, text: str) -> None:
            pass

    with Silent().waiting("c"):
        done = True
    assert done
