"""`dev open`, with a browser that writes down what it is asked to show."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.session.record import Session, session_folder
from tests.built_plugin import TOOL
from tests.source_plugin import PLUGIN_ID, write_source_plugin

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the browser of these tests is a shell script"
)
URL = "http://127.0.0.1:1/"


def browser(folder: Path, code: int = 0) -> Path:
    script = folder / "browser"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{folder}/shown"\nexit {code}\n')
    script.chmod(0o755)
    return script


def dev_open(root: Path, program: Path | str) -> subprocess.CompletedProcess[str]:
    # Without a PATH and a display, no other browser of this machine is found.
    environment = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    return subprocess.run(
        [TOOL, "dev", "open"],
        cwd=root,
        env=environment | {"BROWSER": str(program), "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )


def open_running(root: Path, program: Path | str) -> subprocess.CompletedProcess[str]:
    folder = session_folder(root)
    with folder.claim():
        folder.write(Session(PLUGIN_ID, str(root), "preview", "source", URL, os.getpid(), 0.0))
        return dev_open(root, program)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_source_plugin(tmp_path / "weather").root


def test_the_sessions_page_is_shown_in_the_users_browser(root: Path, tmp_path: Path) -> None:
    done = open_running(root, browser(tmp_path))

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{URL}\n", "")
    assert (tmp_path / "shown").read_text() == f"{URL}\n"


@pytest.mark.parametrize("program", ["fails", "is not there"])
def test_without_a_browser_the_address_is_said_and_what_to_do(
    root: Path, tmp_path: Path, program: str
) -> None:
    done = open_running(root, browser(tmp_path, 1) if program == "fails" else tmp_path / "none")

    assert (done.returncode, done.stdout) == (0, f"{URL}\n")
    assert "no browser could be started here: open that address in yours" in done.stderr


def test_without_a_session_nothing_is_opened(root: Path, tmp_path: Path) -> None:
    done = dev_open(root, browser(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing runs for this plugin" in done.stderr
    assert "plugin-cli dev up" in done.stderr
    assert not (tmp_path / "shown").exists()
