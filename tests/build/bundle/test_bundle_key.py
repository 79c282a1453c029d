"""What a kept bundle belongs to: it is made anew when one of these differs, and only then."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from plugin_cli.build.author_code import author_code
from plugin_cli.build.bundle import interpreter
from plugin_cli.build.bundle.bundle import BundleInputs
from plugin_cli.build.settings import build_settings
from plugin_cli.target import Target
from tests.build.bundle.environment import facts_of, install, installed, make_plugin

LINUX = Target("linux", "amd64")


def inputs(root: Path, prefix: Path, target: Target = LINUX, **plugin: str) -> BundleInputs:
    project = make_plugin(root, dependencies=["frames"], **plugin)
    code, settings = author_code(project), build_settings(project)
    facts = facts_of(prefix)
    return BundleInputs(project, code, settings, target, Path("python"), facts, installed(prefix))


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    install(tmp_path / "venv", "frames", {"frames/__init__.py": "x = 1", "frames/tests.py": ""})
    return tmp_path / "venv"


def test_neither_the_place_nor_an_edit_counts(tmp_path: Path, prefix: Path) -> None:
    here = inputs(tmp_path / "here", prefix).key
    assert inputs(tmp_path / "there", prefix, code="x = 1").key == here


def test_what_goes_in_counts(tmp_path: Path, prefix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "plugin"
    before = inputs(root, prefix).key
    assert inputs(root, prefix).key == before
    assert inputs(root, prefix, Target("linux", "arm64")).key != before
    assert inputs(root, prefix, settings='exclude = ["frames.tests"]').key != before
    assert inputs(root, prefix, settings="optimize = 1").key != before
    assert inputs(root, prefix, code="import sqlite3").key != before
    other = dataclasses.replace(inputs(root, prefix).facts, version="3.11.8")
    assert dataclasses.replace(inputs(root, prefix), facts=other).key != before
    monkeypatch.setattr(interpreter, "glibc_version", lambda: (2, 99))
    assert inputs(root, prefix).key != before


def test_changed_files_of_the_same_version_count(tmp_path: Path, prefix: Path) -> None:
    before = inputs(tmp_path / "plugin", prefix).key
    install(prefix, "frames", {"frames/__init__.py": "x = 2", "frames/tests.py": ""})
    assert inputs(tmp_path / "plugin", prefix).key != before
