"""What a plugin is made of: the author's answers, the running tool, and the files rendered from both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plugin_cli.errors import UsageError, choice_error
from plugin_cli.grafana_image import GRAFANA_IMAGE
from plugin_cli.naming import Names, check_line, plugin_names
from plugin_cli.scaffold.questions import read_questions, with_defaults
from plugin_cli.scaffold.render import Tree, render

STATE_FOLDER = ".plugin-cli"


class Answers:
    """What decides every byte of a scaffold, besides the templates: one answer to each of their questions."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = dict(values)

    def __getattr__(self, key: str) -> Any:
        """Return the answer to the question `key`."""
        try:
            return self.__dict__["values"][key]
        except KeyError:
            raise AttributeError(key) from None

    def __eq__(self, other: object) -> bool:
        """Return True if every answer is the same."""
        return isinstance(other, Answers) and self.values == other.values

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Answers({self.values!r})"

    @property
    def names(self) -> Names:
        """The names that follow from the answers."""
        return plugin_names(kind=self.type, name=self.name, org=self.org)

    def require_names(self) -> None:
        """Refuse answers from which no valid names follow.

        Raises:
            UsageError: naming the flag.
        """
        plugin_names(kind=self.type, name=self.name, org=self.org)

    def with_(self, **changes: Any) -> Answers:
        """Return these answers with some of them changed."""
        return Answers(self.values | changes)


@dataclass(frozen=True)
class Tool:
    """The running tool, as far as it shows in a scaffold.

    Attributes:
        templates: the folder of the copier template.
        version: kept beside the answers.
        requirement: how pyproject.toml names the tool, so that the plugin installs anywhere.
    """

    templates: Path
    version: str
    requirement: str

    def named_in(self, base: Tree) -> Tool:
        """Return the tool as a plugin's last rendering names it if only that is an address."""
        from plugin_cli.venv.tool_source import pinned_requirement

        named = pinned_requirement(base.get("pyproject.toml", b"").decode())
        return self if named is None or "@" in self.requirement else replace(self, requirement=named)


def complete(given: Mapping[str, Any], templates: Path) -> Answers:
    """Return `given` with the default of every question that it does not answer."""
    return Answers(with_defaults(given, read_questions(templates)))


def check_answers(answers: Answers, templates: Path) -> None:
    """Refuse answers that no scaffold can be made of.

    Raises:
        UsageError: the message names the flag and what it takes.
    """
    for question in read_questions(templates).values():
        if question.choices and answers.values[question.key] not in question.choices:
            raise choice_error(f"--{question.key}", str(answers.values[question.key]), question.choices)
    if not answers.backend and not can_do_without_backend(templates):
        raise UsageError(
            "--no-backend is not available yet",
            why="allowed in this version: --backend; a plugin without it will need --frontend react",
            remedy="--backend",
        )
    if not answers.backend and answers.frontend != "react":
        raise UsageError(
            "--no-backend needs --frontend react",
            why="generated editors belong to a Python backend; without it all is written in TypeScript",
            remedy="--no-backend --frontend react",
        )
    if answers.alerting and not answers.backend:
        raise UsageError(
            "--alerting needs --backend",
            why="Grafana evaluates alert rules on the server, where only a backend answers",
            remedy="--no-alerting",
        )
    check_line("--description", answers.description)
    answers.require_names()


def can_do_without_backend(templates: Path) -> bool:
    """Return True if there are templates for a plugin without a backend."""
    return (templates / "template" / "{% if not backend %}.{% endif %}").is_dir()


def render_plugin(answers: Answers, tool: Tool) -> Tree:
    """Return all files of the plugin that the answers describe."""
    return render(tool.templates, template_data(answers, tool))


def template_data(answers: Answers, tool: Tool) -> dict[str, Any]:
    """Return what the templates know: the answers, the names that follow, the tool and Grafana's image."""
    return {
        **answers.values,
        **asdict(answers.names),
        "requirement": tool.requirement,
        "grafana_image": GRAFANA_IMAGE,
    }
