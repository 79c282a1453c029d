"""Where a scaffold's answers come from: flags over an answers file over questions or defaults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from plugin_cli.errors import UsageError, choice_error
from plugin_cli.naming import check_line, plugin_names
from plugin_cli.scaffold.answers import FRONTENDS, KINDS, Answers, can_do_without_backend
from plugin_cli.system.parse import ParseError, parse_toml, parse_yaml

_QUESTIONS = {
    "type": "Kind of plugin",
    "name": "Name, as shown in Grafana",
    "org": "Organisation, first part of the plugin id",
    "description": "Description",
    "backend": "Python backend?",
    "frontend": "Editors: generated from the models, or in TypeScript",
    "alerting": "Alerting, with an example rule?",
    "ci": "GitHub workflows?",
}
_NEEDED = ("type", "name", "org")  # only the author knows them; the rest has sensible defaults
_SWITCHES = ("backend", "alerting", "ci", "stream", "annotations", "e2e")
KEYS = (*_QUESTIONS, "stream", "annotations", "e2e")


def read_answers_file(path: Path) -> dict[str, Any]:
    """Return the answers in a YAML, JSON or TOML file.

    Raises:
        UsageError: the file cannot be read, or holds a key or a value that means nothing.
    """
    found = _load(path)
    if not isinstance(found, dict):
        raise UsageError(
            f"--answers {path} holds no keys", why=f"allowed: {', '.join(KEYS)}", remedy="name: Weather"
        )
    for key, value in found.items():
        if key not in KEYS:
            raise choice_error(f"a key of --answers {path}", str(key), KEYS)
        expected = bool if key in _SWITCHES else str
        if not isinstance(value, expected):
            what = "true or false" if expected is bool else "text"
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
    answers = dict(given)
    default = _Defaults(answers, directory, templates)
    for key in _QUESTIONS:
        if key in answers:
            continue
        if defaults:
            answers[key] = default.of(key)
        elif sys.stdin.isatty():
            answers[key] = (
                default.of(key)
                if default.has_one_answer(key)
                else _ask(key, default.of(key), default.choices(key))
            )
        elif key in _NEEDED:
            raise _missing(key, default.of(key), default.choices(key))
        else:
            answers[key] = default.of(key)
    return Answers(**answers)


class _Defaults:
    """Defaults and choices of each question, which depend on the answers before it."""

    def __init__(self, answers: dict[str, Any], directory: Path | None, templates: Path) -> None:
        self._answers = answers
        self._directory = directory
        self._templates = templates

    def of(self, key: str) -> Any:
        """Return the default of a question."""
        if key == "name":
            words = (
                self._directory.absolute().name.replace("-", " ").replace("_", " ")
                if self._directory
                else "weather"
            )
            return words[:1].upper() + words[1:]
        if key == "description":
            kind = "data source" if self._kind == "datasource" else self._kind
            return f"{self._answers['name']} as a Grafana {kind}."
        if key == "backend":
            return True
        if key == "alerting":
            return bool(self._answers["backend"]) and self._kind == "datasource"
        return {"type": "datasource", "org": "myorg", "frontend": "generated", "ci": True}[key]

    def choices(self, key: str) -> list[str]:
        """Return the closed list a question chooses from; empty where any text goes."""
        if key == "type":
            return [kind for kind in KINDS if (self._templates / kind).is_dir()]
        if key == "frontend":
            return [
                word
                for word in FRONTENDS
                if word == "generated" or (self._templates / "frontend-react").is_dir()
            ]
        return []

    def has_one_answer(self, key: str) -> bool:
        """Return True if a question has only one possible answer, so that it need not be asked."""
        if key == "backend":
            return not can_do_without_backend(self._templates)
        if key == "alerting":
            return self.of(key) is False
        return len(self.choices(key)) == 1

    @property
    def _kind(self) -> str:
        return str(self._answers["type"])


def _missing(key: str, default: Any, choices: list[str]) -> UsageError:
    example = choices[0] if choices else f'"{default}"'
    return UsageError(
        f"--{key} is missing",
        why="there is no terminal to prompt on" + (f"; allowed: {', '.join(choices)}" if choices else ""),
        remedy=f"--{key} {example}   (or --answers FILE, or --defaults)",
    )


def _ask(key: str, default: Any, choices: list[str]) -> Any:
    """Ask until the answer is acceptable; questions go to stderr, as stdout is for data."""
    import typer

    hint = f" ({', '.join(choices)})" if choices else ""
    try:
        if isinstance(default, bool):
            return typer.confirm(_QUESTIONS[key], default=default, err=True)
        while True:
            answer = typer.prompt(_QUESTIONS[key] + hint, default=_offered(key, default), err=True, type=str)
            try:
                _check(key, str(answer).strip(), choices)
                return str(answer).strip()
            except UsageError as error:
                typer.echo(str(error), err=True)
    except typer.Abort as end:  # Ctrl-C, or the end of the input
        raise KeyboardInterrupt from end


def _offered(key: str, default: Any) -> Any:
    # Whoever answers questions should name their organisation rather than agree to an invented one.
    return None if key == "org" else default


def _check(key: str, answer: str, choices: list[str]) -> None:
    if choices and answer not in choices:
        raise choice_error(f"--{key}", answer, choices)
    if key in ("name", "org"):
        plugin_names(kind="datasource", **{"name": "x", "org": "x", key: answer})
    elif key == "description":
        check_line("--description", answer)
