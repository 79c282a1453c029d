"""Calls that are repeated until Ctrl-C, as a terminal and as a program read them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.source_plugin import SourcePlugin, write_source_plugin

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys
from pathlib import Path
from plugin_cli import console
from plugin_cli.venv import create as environment
console._PATIENCE_SECONDS = 3600
environment.ensure_environment = lambda project, console: Path(sys.executable)
from plugin_cli.__main__ import main
sys.argv = ["plugin-cli", *sys.argv[1:]]
main()
"""


@pytest.fixture
def plugin(tmp_path: Path) -> SourcePlugin:
    return write_source_plugin(tmp_path / "weather")


@contextmanager
def watching(plugin: SourcePlugin, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", SCRIPT, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "WEATHER_HOST": "here", "WEATHER_API_KEY": "k"}
    with subprocess.Popen(
        command, cwd=plugin.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stderr is not None
    # Not communicate(): it would leave out what the text layer has read already.
    process.stdout.read()
    err = process.stderr.read()
    return process.wait(60), err


def answer_to(process: subprocess.Popen[str], file: Path, text: str, expected: str) -> None:
    """Save, again where the watch did not stand yet, until the answers are those to this text."""
    for number in range(200):
        file.write_text(f"{text}\n# {number}\n")
        answer = json.loads(line(process))
        if expected in (answer.get("error") or answer["message"]):
            return
    raise AssertionError(f"never answered: {expected}")


def test_a_change_is_answered_and_an_error_does_not_end_it(plugin: SourcePlugin) -> None:
    source = plugin.root / "backend" / "weather" / "datasource.py"
    provisioning = plugin.root / "provisioning" / "datasources" / "weather.yaml"
    text = source.read_text()
    # The backend that was started stays until something changes: time alone brings no new answer.
    with watching(plugin, "health", "--watch", "--every", "500ms", "--json") as process:
        first = json.loads(line(process))
        changed = text.replace("{settings.url} with", "now {settings.url} with")
        answer_to(process, source, changed, "now http://here/ with 1 characters")
        answer_to(process, source, "class Weather(:", "SyntaxError")
        answer_to(process, provisioning, "a: [", "weather.yaml cannot be read")
        code, err = interrupted(process)

    assert first["message"] == "http://here/ with 1 characters"
    assert (code, "Traceback" in err) == (130, False)


def test_answers_come_again_after_a_while_under_a_line_with_their_time(plugin: SourcePlugin) -> None:
    with watching(plugin, "resource", "stations", "--watch", "--every", "100ms") as process:
        lines = [line(process) for _ in range(6)]
        code, err = interrupted(process)

    assert [text.split("  ")[1:] or text for text in lines] == [["200\n"], '["all"]\n'] * 3
    assert code == 130
    assert err.startswith("backend: the source\n")
    assert "Traceback" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="optional: a terminal of Unix")
def test_on_a_terminal_an_answer_takes_the_place_of_the_one_before(plugin: SourcePlugin) -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "WEATHER_HOST": "h",
        "WEATHER_API_KEY": "k",
    }
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, "query", "rows=5", "--watch", "--every", "100ms"],
        cwd=plugin.root,
        env=environment,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(theirs)
        seen = b""
        # The second frame begins by going up over the first.
        while seen.count(b"A: weather") < 3:
            seen += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    os.close(ours)

    assert code == 130
    assert b"\x1b[1A" in seen
    assert b"\x1b[2J" not in seen


def test_a_session_that_does_not_run_cannot_be_watched(plugin: SourcePlugin) -> None:
    with watching(plugin, "health", "--watch", "--backend", "dev") as process:
        _, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert err.startswith("error: --backend dev: no session runs for this plugin")
