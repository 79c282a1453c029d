"""This repository's own workflows: least rights, pinned actions, and a release that nobody's password makes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.built_plugin import ROOT
from tests.scaffold.test_workflows import _ACTIONLINT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
PINNED = re.compile(r"^\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def _read(name: str) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / name).read_text())
    return document


@pytest.mark.go
def test_actionlint_finds_nothing() -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not installed")
    command = ["go", "run", _ACTIONLINT, "-no-color", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_hash(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_may_read_the_repository_and_nothing_else(path: Path) -> None:
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] == {"contents": "read"}
    rights = {name: job["permissions"] for name, job in document["jobs"].items() if "permissions" in job}
    assert rights == ({"publish": {"id-token": "write"}} if path.name == "release.yml" else {})
    for name, job in document["jobs"].items():
        assert job["timeout-minutes"] <= (360 if name == "nightly" else 90)
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
    assert "secrets." not in path.read_text()


def test_only_a_tag_is_published_and_only_what_was_tried() -> None:
    release = _read("release.yml")
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML reads `on` as a truth value
    assert release["jobs"]["publish"]["needs"] == "try"
    assert release["jobs"]["publish"]["environment"] == "pypi"
    assert release["jobs"]["try"]["needs"] == "build"


def test_every_python_that_is_promised_is_tested() -> None:
    classifiers = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text())
    assert _read("tests.yml")["jobs"]["linux"]["strategy"]["matrix"]["python"] == classifiers
