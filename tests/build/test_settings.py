from __future__ import annotations

from pathlib import Path

import pytest

from plugin_cli.build.settings import BuildSettings, build_settings, data_files, leaves_out
from plugin_cli.errors import ProjectError
from tests.build.bundle.environment import make_plugin


def test_without_a_table_the_built_plugin_does_what_the_source_does(tmp_path: Path) -> None:
    assert build_settings(make_plugin(tmp_path)) == BuildSettings()
    assert BuildSettings().optimize == 0


def test_every_setting_is_read(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    text = (
        'hidden-imports = ["a.b"]\nexclude = ["c"]\ncollect = ["d"]\ninclude = ["tkinter"]\n'
        'data = ["assets=x/y"]\noptimize = 2'
    )
    project = make_plugin(tmp_path, settings=text)
    settings = build_settings(project)
    assert settings == BuildSettings(("a.b",), ("d",), ("tkinter",), ("c",), ("assets=x/y",), 2)
    assert data_files(project, settings) == ((str(tmp_path / "assets"), "x/y"),)


@pytest.mark.parametrize(
    ("line", "near"),
    [("hiden-imports = []", "hidden-imports"), ("excludes = []", "exclude"), ("optimise = 0", "optimize")],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path, line: str, near: str) -> None:
    key = line.partition(" ")[0]
    with pytest.raises(ProjectError, match=rf"unknown key: {key}\n(.*\n)*  try: write {near}"):
        build_settings(make_plugin(tmp_path, settings=line))


@pytest.mark.parametrize(
    "line", ['hidden-imports = "a"', "exclude = [1]", 'data = [""]', "optimize = 3", "optimize = true"]
)
def test_a_wrong_value_is_named_with_what_is_expected(tmp_path: Path, line: str) -> None:
    key = line.partition(" ")[0]
    with pytest.raises(ProjectError, match=rf"{key} has a wrong value\n  expected .*, found "):
        build_settings(make_plugin(tmp_path, settings=line))


def test_missing_data_is_named_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="names a file that does not exist: nowhere"):
        build_settings(make_plugin(tmp_path, settings='data = ["nowhere"]'))


def test_data_stays_in_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "shared.csv").touch()
    with pytest.raises(ProjectError, match="puts a file outside the bundle"):
        build_settings(make_plugin(tmp_path / "plugin", settings='data = ["../shared.csv"]'))
    settings = 'data = ["../shared.csv=weather/data"]'
    project = make_plugin(tmp_path / "plugin", settings=settings)
    assert data_files(project, build_settings(project))[0][1] == "weather/data/shared.csv"


@pytest.mark.parametrize(
    ("entry", "file", "out"),
    [
        ("numpy.f2py", "numpy/f2py/__init__.py", True),
        ("numpy.f2py", "numpy/f2py_other.py", False),
        ("one", "one.py", True),
        ("one", "one.cpython-311-x86_64-linux-gnu.so", True),
        ("one", "onely.py", False),
        ("pandas/io/*.sas", "pandas/io/x.sas", True),
        ("*.sas", "pandas/io/x.sas", True),
        ("*.sas", "pandas/io/x.sass", False),
    ],
)
def test_exclude_takes_modules_and_patterns_of_files(entry: str, file: str, out: bool) -> None:
    assert leaves_out(entry, file) is out
