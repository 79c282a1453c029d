"""Runs docs/tutorial.md: every command, every change, and what it says is to be seen.

A comment before a block says what is to be done with it: `exits N`, `not run`, `in FILE` (the code stands
there), `replaces in FILE` (the method of that name is replaced). A `text` block holds what the command
before it shows.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.built_plugin import ROOT

_BLOCK = re.compile(r"(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
_HEADINGS = [
    "Create a new plugin",
    "Run it",
    "See it registered",
    "Save and test",
    "See it on a dashboard",
    "Grafana doesn't load my plugin",
    "Anatomy of the plugin",
    "Implement data queries",
    "Add support for health checks",
    "Add authentication",
    "Enable Grafana Alerting",
    "Create an alert rule",
    "Run queries concurrently",
]


@dataclass(frozen=True)
class Block:
    """One fenced block and the note before it."""

    kind: str
    text: str
    note: str


def blocks() -> list[Block]:
    """Return the tutorial's blocks in order."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    return [Block(found["kind"], found["text"], found["note"] or "") for found in _BLOCK.finditer(text)]


class Shell:
    """Runs one block after the other; folder and environment go on from one to the next."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state"
        self._state.write_text(f"cd '{folder}'\n")
        self.environment = dict(os.environ) | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    @property
    def folder(self) -> Path:
        """The folder that the last block ended in."""
        return Path(self.run("pwd", 0).strip().splitlines()[-1])

    def run(self, script: str, code: int) -> str:
        """Run a script that stops at its first failure; return all that it shows."""
        keep = f'trap \'(export -p; echo cd "$PWD") > "{self._state}"\' EXIT'
        done = subprocess.run(
            ["bash", "-c", f". '{self._state}'\n{keep}\nset -e\n{script}"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{script}\nended with {done.returncode}, not {code}:\n{done.stdout}"
        return done.stdout


def replace_methods(path: Path, text: str) -> None:
    """Replace each method in `text` in the file, where it has exactly one of that name."""
    for new in ast.parse(textwrap.dedent(text)).body:
        assert isinstance(new, ast.FunctionDef), "only methods are replaced"
        source = path.read_text(encoding="utf-8")
        (old,) = [
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef) and node.name == new.name
        ]
        lines = source.splitlines(keepends=True)
        lines[old.lineno - 1 : old.end_lineno] = [text]
        path.write_text("".join(lines), encoding="utf-8")


def follow(block: Block, shell: Shell, shown: str) -> str:
    """Do what a block says; return what it shows."""
    if block.note.startswith("replaces in "):
        replace_methods(shell.folder / block.note.removeprefix("replaces in "), block.text)
    elif block.note.startswith("in "):
        path = shell.folder / block.note.removeprefix("in ")
        assert block.text in path.read_text(encoding="utf-8"), f"not in {path}:\n{block.text}"
    elif block.kind == "text":
        for line in block.text.splitlines():
            assert line in shown, f"{line!r} is not shown:\n{shown}"
    elif block.kind == "sh" and not block.note.startswith("not run"):
        return shell.run(block.text, int(block.note.removeprefix("exits ") or 0))
    return shown


def test_headings_are_those_of_the_tutorial_people_know() -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    found = re.findall(r"^##+ (.*)$", text, re.MULTILINE)

    assert found[: len(_HEADINGS)] == _HEADINGS


def test_every_block_is_understood() -> None:
    assert {block.kind for block in blocks()} == {"sh", "text", "python", "json", "yaml"}
    for block in blocks():
        assert re.fullmatch(r"|exits \d|not run: .*|in \S+|replaces in \S+", block.note), block.note
        assert block.kind in ("sh", "text") or " in " in f" {block.note}", block.text


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="the tutorial builds for Linux, on Linux")
def test_following_the_tutorial_works_as_it_says(tmp_path: Path) -> None:
    shell, shown = Shell(tmp_path), ""

    try:
        for block in blocks():
            shown = follow(block, shell, shown)
        assert shell.run("git status --porcelain", 0) == ""
    finally:
        shell.run("plugin-cli dev down || true", 0)
