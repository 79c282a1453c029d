"""Stdout belongs to the process, so each test replaces it in a separate process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.sdk.in_process_server import SECONDS

ROOT = Path(__file__).parents[3]
_BEGIN = """
import os, subprocess, sys, threading
from plugin_sdk._process.stdout import Stdout

received = []
enough = threading.Event()
def listen(chunk):
    received.append(chunk)
    if b"end" in b"".join(received):
        enough.set()

before_end = lambda: None
stdout = Stdout()
stdout.send_line("the handshake\\n")
"""
_END = """
stdout.drain(listen)
before_end()
print("end")
assert enough.wait(60)
os.write(2, b"RECEIVED " + str(len(b"".join(received))).encode() + b"\\n")
import time
deadline = time.monotonic() + 60
while "end" not in logged and time.monotonic() < deadline:
    time.sleep(0.01)
os._exit(0)
"""
# The line that says "end" must be on stderr before the process ends by itself.
_LOG = """
from plugin_sdk import _log
logged = []
write = _log.log
def log(level, message, **fields):
    write(level, message, **fields)
    logged.append(message)
_log.log = log
"""


def run(code: str) -> tuple[str, list[dict[str, Any]], int]:
    """Run code before stdout is read; return the real stdout, log lines, and the count of received bytes."""
    done = subprocess.run(
        [sys.executable, "-c", _LOG + _BEGIN + code + _END],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    lines = done.stderr.splitlines()
    (count,) = [int(line.split()[1]) for line in lines if line.startswith("RECEIVED")]
    return done.stdout, [json.loads(line) for line in lines if line.startswith("{")], count


def messages(lines: list[dict[str, Any]]) -> list[str]:
    return [line["@message"] for line in lines]


def test_stdout_has_only_the_handshake() -> None:
    stdout, lines, _ = run("print('from python')\nos.system('echo from a child')\nos.write(1, b'from c\\n')")

    assert stdout == "the handshake\n"
    assert messages(lines) == ["from python", "from a child", "from c", "end"]
    assert {(line["@level"], line["module"]) for line in lines} == {("debug", "stdout")}


def test_what_is_printed_reaches_the_listener_byte_for_byte() -> None:
    _, _, count = run("os.write(1, bytes(range(256)))\nos.write(1, b'\\n')")

    assert count == 256 + 1 + len("end\n")


def test_invalid_utf_8_and_empty_lines_are_harmless() -> None:
    _, lines, _ = run("os.write(1, b'caf\\xe9\\n\\n  \\n')\nprint('lone \\ud800')")

    assert messages(lines) == ["caf\ufffd", "lone \\ud800", "end"]


def test_a_line_without_an_end_is_split() -> None:
    code = """
writer = threading.Thread(target=lambda: os.write(1, b"x" * 100_000 + b"\\n"))
writer.start()  # more than a pipe holds
before_end = writer.join
"""
    _, lines, count = run(code)

    printed = [text for text in messages(lines) if "x" in text]
    assert count == 100_001 + len("end\n")
    assert len(printed) > 1
    assert "".join(printed).replace("end", "").count("x") == 100_000
