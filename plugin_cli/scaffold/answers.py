"""What a plugin is made of: the author's answers, the layers they select, and the rendered files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from plugin_cli.errors import UsageError, choice_error
from plugin_cli.grafana_image import GRAFANA_IMAGE
from plugin_cli.naming import Names, check_line, plugin_names
from plugin_cli.scaffold.render import Tree, render

KINDS = ("datasource", "app", "panel")
FRONTENDS = ("generated", "react")
STATE_FOLDER = ".plugin-cli"


@dataclass(frozen=True)
class Answers:
    """What decides every byte of a scaffold, besides the templates.

    Attributes:
        type: the kind of plugin.
        name: the title shown in Grafana.
        org: the author or organisation, first part of the id.
        description: one sentence for Grafana's catalogue page of the plugin.
        backend: whether there is a Python backend.
        frontend: `generated` editors, or `react` for TypeScript source.
        alerting: whether alert rules may query the plugin, with an example rule.
        ci: whether there are GitHub workflows.
        stream: whether the sample streams live values.
        annotations: whether queries can annotate dashboards.
        e2e: whether there are tests in a browser against a running Grafana.
    """

    type: str
    name: str
    org: str
    description: str
    backend: bool = True
    frontend: str = "generated"
    alerting: bool = True
    ci: bool = True
    stream: bool = False
    annotations: bool = False
    e2e: bool = False

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
        return replace(self, **changes)


@dataclass(frozen=True)
class Tool:
    """The running tool, as far as it shows in a scaffold.

    Attributes:
        templates: the folder of template layers.
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


ANSWER_KEYS = tuple(field.name for field in fields(Answers))


def check_answers(answers: Answers, templates: Path) -> None:
    """Refuse answers that no scaffold can be made of.

    Raises:
        UsageError: the message names the flag and what it takes.
    """
    _check_choice("--type", answers.type, KINDS, [kind for kind in KINDS if (templates / kind).is_dir()])
    react = (templates / "frontend-react").is_dir()
    _check_choice("--frontend", answers.frontend, FRONTENDS, FRONTENDS if react else FRONTENDS[:1])
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
    return (templates / "no-backend").is_dir()


def _check_choice(flag: str, value: str, known: tuple[str, ...], here: list[str] | tuple[str, ...]) -> None:
    if value not in known:
        raise choice_error(flag, value, here)
    if value not in here:
        raise UsageError(
            f"{flag} {value} is not available yet",
            why=f"allowed in this version: {', '.join(here)}",
            remedy=f"{flag} {here[0]}",
        )


def render_plugin(answers: Answers, tool: Tool) -> Tree:
    """Return all files of the plugin that the answers describe.

    Layers, later ones win: common < kind < backend < its abilities < frontend < CI < e2e.
    """
    layers = [
        "common",
        answers.type,
        *(["backend"] if answers.backend else ["no-backend"]),
        *(["alerting"] if answers.alerting else []),
        f"frontend-{answers.frontend}",
        *(["ci"] if answers.ci else []),
        *(["e2e"] if answers.e2e else []),
    ]
    folders = [tool.templates / layer for layer in layers]
    data = (
        asdict(answers)
        | asdict(answers.names)
        | {"grafana_image": GRAFANA_IMAGE, "requirement": tool.requirement}
    )
    return render([folder for folder in folders if folder.is_dir()], data) | _editors(answers)


def _editors(answers: Answers) -> Tree:
    """The generated editors as TypeScript's layer imports them; `types` writes the same."""
    if answers.frontend != "react":
        return {}
    from plugin_cli.build.frontend.typescript import editor_files

    return {f"src/generated/{name}": text.encode() for name, text in editor_files().items()}
