"""Packages lie in a bundle as in an environment, compiled once for all builds that hold them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.build.bundle import packages
from plugin_cli.build.bundle.compiling import CompiledCache
from plugin_cli.build.bundle.packages import Collected, collect_packages
from plugin_cli.build.bundle.selection import select_files
from plugin_cli.build.settings import BuildSettings
from tests.build.bundle.environment import SITE, facts_of, install, installed

TAG = str(sys.implementation.cache_tag)
PYTHON = Path(sys.executable)


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "venv"
    install(
        folder,
        "frames",
        {
            "frames/__init__.py": '"""Docs."""\nassert True\nx = 1\n',
            "frames/template.py": "def {{ name }}:\n",
            "frames/data.csv": "1",
            "frames.pth": "frames/extra\n",
            "../../../share/frames/y.txt": "y",
        },
    )
    install(folder, "h11", {"h11/__init__.py": "y = 2\n"})
    return folder


def collect(prefix: Path, out: Path, optimize: int = 0) -> Collected:
    selection = select_files(installed(prefix), (), BuildSettings(), prefix.parent / "imports")
    cache = CompiledCache(prefix.parent / "compiled", TAG, optimize)
    out.mkdir()
    return collect_packages(selection, out, facts_of(prefix), PYTHON, cache)


def test_files_lie_as_in_the_environment_with_sources_beside_what_is_compiled(
    prefix: Path, tmp_path: Path
) -> None:
    collected = collect(prefix, tmp_path / "out")
    names = {
        path.relative_to(tmp_path / "out").as_posix()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert {name for name in names if "dist-info" not in name} == {
        f"{SITE}/frames/__init__.py",
        f"{SITE}/frames/__pycache__/__init__.{TAG}.pyc",
        f"{SITE}/frames/template.py",
        f"{SITE}/frames/data.csv",
        f"{SITE}/frames.pth",
        f"{SITE}/h11/__init__.pyc",
        "share/frames/y.txt",
    }
    assert collected.paths == ["frames.pth"]
    assert names == set(collected.owners)
    assert collected.owners[f"{SITE}/h11/__init__.pyc"] == "h11"
    compiled = (tmp_path / "out" / SITE / f"frames/__pycache__/__init__.{TAG}.pyc").read_bytes()
    assert str(tmp_path).encode() not in compiled
    assert compiled[4] == 1, "a hash that is never compared"


def test_what_was_compiled_before_is_linked_and_what_cannot_be_is_not_tried_again(
    prefix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(prefix, tmp_path / "one")
    tried: list[str] = []
    monkeypatch.setattr(packages, "compile_files", lambda places, *_, **__: tried.extend(places))
    collect(prefix, tmp_path / "two")
    assert tried == []
    name = f"{SITE}/frames/__pycache__/__init__.{TAG}.pyc"
    assert (tmp_path / "one" / name).samefile(tmp_path / "two" / name)
    install(prefix, "frames", {"frames/__init__.py": "x = 2\n"})
    collect(prefix, tmp_path / "three")
    assert tried == [f"{SITE}/frames/__init__.py"]


@pytest.mark.parametrize(("level", "docs"), [(0, "Docs."), (2, "None")])
def test_the_level_of_optimisation_is_the_one_of_the_settings(
    prefix: Path, tmp_path: Path, level: int, docs: str
) -> None:
    collect(prefix, tmp_path / "out", level)
    flags = ["-" + "O" * level] if level else []
    (tmp_path / "out" / SITE / "frames" / "__init__.py").write_text("raise SystemExit('compiled anew')\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'out' / SITE)!r}); import frames; print(frames.__doc__)"
    said = subprocess.run([PYTHON, *flags, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == docs
