"""A detached `dev up` that was overtaken by another finds its session."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.dev.detach import start_owner
from plugin_cli.errors import PluginCliError
from plugin_cli.session.record import Session, SessionFolder

ENDS_AT_ONCE = ["--help"]
"""Ends with code 0, as a `dev up` does that finds what runs."""


def test_the_session_of_a_faster_one_is_found(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "session")
    session = Session(
        "p", str(tmp_path), "preview", "source", "http://127.0.0.1:1/", os.getpid(), time.time()
    )
    with folder.claim():
        folder.write(session)

        result = start_owner(folder, ENDS_AT_ONCE, tmp_path, TerminalConsole(quiet=True))

    assert (result.found, result.session) == (True, session)


def test_an_owner_that_ends_without_a_session_is_an_error(tmp_path: Path) -> None:
    folder = SessionFolder(tmp_path / "session")

    with pytest.raises(PluginCliError, match="ended with code 0 before it was ready"):
        start_owner(folder, ENDS_AT_ONCE, tmp_path, TerminalConsole(quiet=True))
