"""The questions in `templates/copier.yml`: what is asked, every flag, every key of an answers file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIGURATION = "copier.yml"


@dataclass(frozen=True)
class Question:
    """One question to the author.

    Attributes:
        key: its name in an answers file; the flag is `--key`.
        text: what is asked on a terminal, and the flag's help.
        is_switch: whether the answer is yes or no rather than text.
        choices: the closed list of answers; empty where any text goes.
        is_asked: whether it is asked on a terminal where nothing else answers it.
        default: the default answer; text in braces is rendered.
        when: False, or text that renders to it, where only the default fits.
    """

    key: str
    text: str
    is_switch: bool
    choices: tuple[str, ...]
    is_asked: bool
    default: Any
    when: Any

    def default_for(self, answers: Mapping[str, Any], folder: str = "weather") -> Any:
        """Return the default answer.

        Args:
            answers: those to the questions before it.
            folder: the name of the plugin's folder.
        """
        value = _rendered(self.default, {**answers, "_folder_name": folder})
        return value in (True, "True") if self.is_switch else value

    def applies(self, answers: Mapping[str, Any]) -> bool:
        """Return False if the answers before it leave only the default."""
        return _rendered(self.when, answers) in (True, "True")


def read_questions(templates: Path) -> dict[str, Question]:
    """Return the questions by their keys, in the order in which they are asked."""
    from plugin_cli.system.parse import parse_yaml

    entries = parse_yaml((templates / CONFIGURATION).read_bytes())
    return {
        key: Question(
            key,
            entry["help"],
            entry["type"] == "bool",
            tuple(entry.get("choices", ())),
            entry.get("ask", True),
            entry["default"],
            entry.get("when", True),
        )
        for key, entry in entries.items()
        if not key.startswith("_") and entry.get("when") is not False
    }


def with_defaults(
    given: Mapping[str, Any], questions: Mapping[str, Question], folder: str = "weather"
) -> dict[str, Any]:
    """Return `given` with the default of every question that it does not answer."""
    answers: dict[str, Any] = {}
    for key, question in questions.items():
        answers[key] = given[key] if key in given else question.default_for(answers, folder)
    return answers


def _rendered(value: Any, data: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    return environment.from_string(value).render(data)
