"""What pyproject.toml requires of Python is compared with the one that runs before anything is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project
from plugin_cli.venv.create import ensure_environment
from plugin_cli.venv.requirements import read_requirements

CONSOLE = TerminalConsole(quiet=True)
MAJOR, MINOR, MICRO = sys.version_info[:3]
RUNNING = f"{MAJOR}.{MINOR}.{MICRO}"


def project(root: Path, requires: str) -> Project:
    (root / "pyproject.toml").write_text(f'[project]\nname = "weather"\nversion = "1"\n{requires}\n')
    return Project(root, {}, {})


@pytest.mark.parametrize(
    "requires",
    [
        "",
        'requires-python = ""',
        f'requires-python = ">={MAJOR}.{MINOR}"',
        f'requires-python = "=={MAJOR}.{MINOR}.*"',
        f'requires-python = ">={MAJOR}.{MINOR},<{MAJOR}.{MINOR + 1}"',
        f'requires-python = "~={MAJOR}.{MINOR}"',
        f'requires-python = ">={RUNNING}"',
    ],
)
def test_a_plugin_that_this_python_can_run_goes_on(tmp_path: Path, requires: str) -> None:
    assert read_requirements(project(tmp_path, requires), CONSOLE).groups == ()


@pytest.mark.parametrize(
    "specifier",
    [
        f">={MAJOR}.{MINOR + 1}",
        f"=={MAJOR}.{MINOR + 1}.*",
        f"<{MAJOR}.{MINOR}",
        f">{RUNNING}",
        f"!={RUNNING}",
        f">={MAJOR + 1}",
    ],
)
def test_another_python_is_refused_with_both_versions(tmp_path: Path, specifier: str) -> None:
    plugin = project(tmp_path, f'requires-python = "{specifier}"')

    with pytest.raises(ProjectError) as caught:
        ensure_environment(plugin, CONSOLE, remote=True)

    assert str(caught.value) == (
        f"pyproject.toml requires Python {specifier}, and plugin-cli runs on {RUNNING}\n"
        "  the plugin is built with the Python that runs plugin-cli\n"
        "  try: install plugin-cli with such a Python, or change requires-python"
    )
    assert not plugin.environment.exists()


@pytest.mark.parametrize(
    ("requires", "found"),
    [
        ('requires-python = "3.12 or newer"', "'3.12 or newer'"),
        ('requires-python = ">= three"', "'>= three'"),
        ("requires-python = 3.12", "3.12"),
        ('requires-python = [">=3.11"]', "['>=3.11']"),
    ],
)
def test_what_is_no_specifier_is_refused_with_one(tmp_path: Path, requires: str, found: str) -> None:
    with pytest.raises(ProjectError) as caught:
        read_requirements(project(tmp_path, requires), CONSOLE)

    text = str(caught.value)
    assert text.startswith(f"pyproject.toml: [project] requires-python is invalid: {found}\n")
    assert text.endswith('try: write it as requires-python = ">=3.11"')
