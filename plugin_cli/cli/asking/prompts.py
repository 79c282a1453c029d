"""Where a scaffold's answers come from: flags over an answers file over questions or defaults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from plugin_cli.errors import UsageError, choice_error
from plugin_cli.naming import check_line, plugin_names
from plugin_cli.resources import templates_dir
from plugin_cli.scaffold.answers import Answers, can_do_without_backend
from plugin_cli.scaffold.questions import Question, read_questions
from plugin_cli.system.parse import ParseError, parse_toml, parse_yaml

_NEEDED = ("type", "name", "org")  # only the author knows them; the rest has sensible defaults


def read_answers_file(path: Path, *, is_foreign: bool = False) -> dict[str, Any]:
    """Return the answers in a YAML, JSON or TOML file; those to another template's questions as they are.

    Raises:
        UsageError: the file cannot be read, or holds a key or a value that means nothing.
    """
    found = _load(path)
    questions = read_questions(templates_dir())
    if not isinstance(found, dict):
        raise UsageError(
            f"--answers {path} holds no keys", why=f"allowed: {', '.join(questions)}", remedy="name: Weather"
        )
    for key, value in () if is_foreign else found.items():
        if key not in questions:
            raise choice_error(f"a key of --answers {path}", str(key), questions)
        is_switch = questions[key].is_switch
        if not isinstance(value, bool if is_switch else str):
            what = "true or false" if is_switch else "text"
            raise UsageError(f"--answers {path}: {key} is {value!r}", why=f"allowed: {what}")
    return found


def _load(path: Path) -> Any:
    try:
        text = path.read_bytes()
        return parse_toml(text) if path.suffix == ".toml" else parse_yaml(text)
    except (OSError, ParseError) as error:
        raise UsageError(f"--answers {path} cannot be read", why=str(error)) from error


def complete_answers(
    given: dict[str, Any], directory: Path | None, templates: Path, *, defaults: bool
) -> Answers:
    """Return complete answers: prompt on a terminal for what is missing, or take the defaults.

    Raises:
        UsageError: an answer is missing and there is no terminal to prompt on.
    """
    folder = directory.absolute().name if directory else "weather"
    can_ask = not defaults and sys.stdin.isatty()
    answers: dict[str, Any] = {}
    for key, question in read_questions(templates).items():
        if key in given:
            answers[key] = given[key]
            continue
        default = question.default_for(answers, folder)
        if can_ask and _is_open(question, answers, templates):
            answers[key] = _ask(question, default)
        elif key in _NEEDED and not defaults and not can_ask:
            raise _missing(question, default)
        else:
            answers[key] = default
    return Answers(answers)


def _is_open(question: Question, answers: dict[str, Any], templates: Path) -> bool:
    """Return True if there is something to ask: a question with one possible answer is none."""
    if question.key == "backend" and not can_do_without_backend(templates):
        return False
    return question.is_asked and len(question.choices) != 1 and question.applies(answers)


def _missing(question: Question, default: Any) -> UsageError:
    choices = question.choices
    example = choices[0] if choices else f'"{default}"'
    return UsageError(
        f"--{question.key} is missing",
        why="there is no terminal to prompt on" + (f"; allowed: {', '.join(choices)}" if choices else ""),
        remedy=f"--{question.key} {example}   (or --answers FILE, or --defaults)",
    )


def _ask(question: Question, default: Any) -> Any:
    """Ask until the answer is acceptable; questions go to stderr, as stdout is for data."""
    import typer

    hint = f" ({', '.join(question.choices)})" if question.choices else ""
    try:
        if question.is_switch:
            return typer.confirm(question.text, default=default, err=True)
        while True:
            offered = _offered(question.key, default)
            answer = str(typer.prompt(question.text + hint, default=offered, err=True, type=str)).strip()
            try:
                _check(question, answer)
                return answer
            except UsageError as error:
                typer.echo(str(error), err=True)
    except typer.Abort as end:  # Ctrl-C, or the end of the input
        raise KeyboardInterrupt from end


def _offered(key: str, default: Any) -> Any:
    # Whoever answers questions should name their organisation rather than agree to an invented one.
    return None if key == "org" else default


def _check(question: Question, answer: str) -> None:
    if question.choices and answer not in question.choices:
        raise choice_error(f"--{question.key}", answer, question.choices)
    if question.key in ("name", "org"):
        plugin_names(kind="datasource", **{"name": "x", "org": "x", question.key: answer})
    elif question.key == "description":
        check_line("--description", answer)
