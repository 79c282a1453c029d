"""The form of every sentence, and that no command lets anything but such sentences out."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import plugin_cli
from plugin_cli.errors import (
    PluginCliError,
    ProjectError,
    ToolFailedError,
    ToolMissingError,
    UsageError,
    choice_error,
)

PACKAGE = Path(plugin_cli.__file__).parent
ERRORS = ("PluginCliError", "UsageError", "ToolMissingError", "ProjectError", "ToolFailedError")


@pytest.mark.parametrize(
    ("error", "text", "code"),
    [
        (PluginCliError("it failed"), "it failed", 1),
        (UsageError("it failed", why="because"), "it failed\n  because", 2),
        (ToolMissingError("it failed", remedy="do this"), "it failed\n  try: do this", 3),
        (
            ProjectError("it failed", why="one\ntwo", remedy="do this\nthen that"),
            "it failed\n  one\n  two\n  try: do this\n       then that",
            4,
        ),
        (
            ToolFailedError("it failed", command=["a b", "c"], returncode=2, output=""),
            "it failed\n  'a b' c\n  ended with exit code 2",
            5,
        ),
        (
            ToolFailedError(
                "it failed",
                command=["x"],
                returncode=-9,
                output="\n".join(str(number) for number in range(30)) + "\n\n",
                remedy="again",
            ),
            "it failed\n  x\n  ended with exit code -9\n"
            + "\n".join(f"  {number}" for number in range(10, 30))
            + "\n  try: again",
            5,
        ),
    ],
)
def test_an_error_is_what_why_and_remedy(error: PluginCliError, text: str, code: int) -> None:
    assert (str(error), error.exit_code) == (text, code)
    assert isinstance(error, PluginCliError)


def test_a_tools_whole_output_is_kept() -> None:
    output = "line\n" * 100
    error = ToolFailedError("it failed", command=("a", "b"), returncode=1, output=output)

    assert (error.command, error.returncode, error.output) == (("a", "b"), 1, output)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("reakt", "--frontend does not take 'reakt'\n  allowed: generated, react\n  try: --frontend react"),
        ("zzz", "--frontend does not take 'zzz'\n  allowed: generated, react"),
    ],
)
def test_a_wrong_choice_lists_the_right_ones_and_the_nearest(value: str, text: str) -> None:
    assert str(choice_error("--frontend", value, iter(["generated", "react"]))) == text


def words(node: ast.expr) -> str:
    """Return the text of a literal, with braces for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) for part in node.values)
    return "{}"


def raised(path: Path) -> list[tuple[int, str]]:
    """Return line and text of each sentence that a file raises."""
    return [
        (node.lineno, words(node.args[0]))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS and node.args
    ]


SENTENCES = [
    pytest.param(text, id=f"{path.relative_to(PACKAGE)}:{line}")
    for path in sorted(PACKAGE.rglob("*.py"))
    for line, text in raised(path)
]


def test_the_sentences_are_found() -> None:
    assert len(SENTENCES) > 30


@pytest.mark.parametrize("text", SENTENCES)
def test_a_sentence_is_sober_and_has_no_full_stop(text: str) -> None:
    assert not text.startswith("error"), "the boundary adds the word"
    assert not text.endswith("."), text
    assert "!" not in text
    assert "oops" not in text.lower()
    assert "\n" not in text, "the reason and the remedy have arguments of their own"


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_nothing_below_the_boundary_prints_or_exits(path: Path) -> None:
    if path.name == "__main__.py" or "cli" in path.relative_to(PACKAGE).parts[:-1]:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            assert name not in ("print", "exit", "quit"), f"line {node.lineno}"
            assert name not in ("sys.exit",) or "pyinstaller" in path.parts, f"line {node.lineno}"
