"""`copier copy` of the templates, as anybody runs it, makes what `plugin-cli create` makes."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from plugin_cli.errors import UsageError
from plugin_cli.grafana_image import GRAFANA_IMAGE
from plugin_cli.naming import plugin_names
from plugin_cli.resources import templates_dir
from plugin_cli.scaffold.questions import read_questions
from plugin_cli.scaffold.render import read_tree
from plugin_sdk import __version__
from tests.scaffold.scaffolds import answers, rendered

CONFIGURATION = yaml.safe_load((templates_dir() / "copier.yml").read_text())


def copier(folder: Path, **data: Any) -> subprocess.CompletedProcess[str]:
    """Run copier's own command."""
    given = [word for key, value in data.items() for word in ("--data", f"{key}={value}")]
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", *given]
    return subprocess.run(
        [*command, str(templates_dir()), str(folder)], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": 'Köln\'s "$HOME" data source', "org": "Ächme & Söhne", "description": "a: <b> 'c'"},
        {"frontend": "react", "stream": True, "alerting": False, "ci": False, "e2e": True, "remote": True},
    ],
    ids=["defaults", "odd names", "react"],
)
def test_copier_makes_the_same_files(tmp_path: Path, changes: dict[str, Any]) -> None:
    one = answers(**changes)

    done = copier(tmp_path / "weather", **one.values, requirement="grafana-plugin-cli>=1.2")

    assert done.returncode == 0, done.stderr
    assert read_tree(tmp_path / "weather") == rendered(one)


def test_copier_refuses_a_name_that_leaves_nothing_and_writes_nothing(tmp_path: Path) -> None:
    done = copier(tmp_path / "weather", name="🌦", org="acme")

    assert done.returncode != 0
    assert "give at least one letter or digit" in done.stdout + done.stderr
    assert not (tmp_path / "weather").exists()


def test_what_is_computed_agrees_with_the_tool() -> None:
    assert CONFIGURATION["grafana_image"]["default"] == GRAFANA_IMAGE
    release = ".".join(__version__.split(".")[:2])
    assert CONFIGURATION["requirement"]["default"] == f"grafana-plugin-cli>={release}"


def test_every_question_has_what_plugin_cli_reads() -> None:
    questions = read_questions(templates_dir())

    assert list(questions)[:3] == ["type", "name", "org"]
    assert all(question.text for question in questions.values())
    assert all(question.is_switch or isinstance(question.default, str) for question in questions.values())


def named_by_template(name: str, org: str) -> dict[str, str] | None:
    """Return the names that the template computes; None where its validators refuse."""
    environment = _environment()
    data = {"name": name, "org": org, "type": "datasource"}
    for key in ("name", "org"):
        if environment.from_string(CONFIGURATION[key]["validator"]).render(data).strip():
            return None
    keys = ("plugin_id", "executable", "package", "class_name", "uid", "variable")
    return {key: environment.from_string(CONFIGURATION[key]["default"]).render(data) for key in keys}


def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(
        loader=FileSystemLoader(templates_dir()),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_letters = st.text(
    st.characters(max_codepoint=0x24F, exclude_categories=["Cc"]) | st.characters(), max_size=8
)
_titles = st.builds(lambda before, after: f"{before}x{after}", _letters, _letters)


@given(_titles, _titles)
@settings(max_examples=150, deadline=None)
@example("Wetter Köln data source", "Ächme GmbH")
@example("3D Straße", unicodedata.normalize("NFD", "Ärger"))
@example("O'Brien\u2019s", "\u2122x")
@example("x" * 41, "acme")
def test_names_are_those_of_the_tool_or_refused(name: str, org: str) -> None:
    computed = named_by_template(name, org)
    if computed is None:
        return

    names = plugin_names(kind="datasource", name=name, org=org)
    assert computed == {key: getattr(names, key) for key in computed}


@pytest.mark.parametrize("name", ["Weather", "Wetter Köln", "Łódź", "Đà Nẵng", "2 fast", "A" * 40, "x'y"])
def test_common_names_need_no_tool(name: str) -> None:
    assert named_by_template(name, "acme") is not None


@pytest.mark.parametrize("name", ["日本", "Ж", "🌦"])
def test_what_the_tool_refuses_the_template_refuses(name: str) -> None:
    with pytest.raises(UsageError):
        plugin_names(kind="datasource", name=name, org="acme")
    assert named_by_template(name, "acme") is None
