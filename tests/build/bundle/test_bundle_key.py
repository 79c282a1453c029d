"""What a kept bundle belongs to: it is made anew when one of these differs, and only then."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from plugin_cli.build.author_code import author_code
from plugin_cli.build.bundle import collect as bundle
from plugin_cli.build.bundle.collect import BundleInputs
from plugin_cli.build.settings import build_settings
from plugin_cli.project import find_project
from plugin_cli.target import Target
from tests.build.bundle.test_plan import make

LINUX = Target("linux", "amd64")


def key(root: Path, *, target: Target = LINUX, environment: str = "packages") -> str:
    project = find_project(root)
    code, settings = author_code(project), build_settings(project)
    return BundleInputs(project, code, settings, target, Path(sys.executable), environment).key()


def test_neither_the_place_nor_the_authors_code_counts(tmp_path: Path) -> None:
    here, there = make(tmp_path / "here"), make(tmp_path / "there")
    (there / "backend" / "weather" / "__main__.py").write_text('x = 1\nserve("weather.datasource:Weather")\n')
    assert key(here) == key(there)


def test_what_goes_in_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "plugin")
    before = key(root)
    assert key(root) == before
    assert key(root, target=Target("linux", "arm64")) != before
    assert key(root, environment="other packages") != before
    assert key(make(tmp_path / "imports", code="import decimal")) != before
    assert key(make(tmp_path / "settings", settings='exclude = ["x"]')) != before
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.99.0 (another Python)")
        assert key(root) != before
    monkeypatch.setattr(bundle, "glibc_version", lambda: (2, 99))
    assert key(root) != before
