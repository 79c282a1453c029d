from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin_cli.build.author_code import author_code
from plugin_cli.build.bundle.plan import plan_bundle
from plugin_cli.build.settings import BuildSettings, build_settings
from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project
from plugin_cli.target import Target

LINUX = Target("linux", "amd64")


def make(root: Path, settings: str = "", code: str = "") -> Path:
    (root / "src").mkdir(parents=True)
    (root / "src" / "plugin.json").write_text(
        json.dumps({"id": "acme-weather-datasource", "executable": "gpx_weather"})
    )
    package = root / "backend" / "weather"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(f'{code}\nserve("weather.datasource:Weather")\n')
    (root / "pyproject.toml").write_text(f"[tool.plugin-cli]\n{settings}\n")
    return root


@pytest.mark.parametrize(
    ("target", "executable", "contents"),
    [
        (LINUX, "app", "."),
        (Target("windows", "amd64"), "gpx_weather_windows_amd64", "windows_amd64"),
        (Target("darwin", "arm64"), "gpx_weather_darwin_arm64", "darwin_arm64"),
    ],
)
def test_layout_follows_the_system(tmp_path: Path, target: Target, executable: str, contents: str) -> None:
    project = find_project(make(tmp_path))
    plan = plan_bundle(project, author_code(project), BuildSettings(), target)
    assert (plan.executable, plan.contents_directory) == (executable, contents)


def test_an_import_of_the_author_takes_a_module_off_the_list(tmp_path: Path) -> None:
    project = find_project(make(tmp_path, code="import tkinter.ttk"))
    excludes = plan_bundle(project, author_code(project), BuildSettings(), LINUX).excludes
    assert "tkinter" not in excludes
    assert "pip" in excludes


def test_settings_reach_the_plan(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        'hidden-imports = ["a.b"]\nexclude = ["c"]\ncollect = ["d"]\ndata = ["assets=x/y"]\noptimize = 0',
    )
    (root / "assets").mkdir()
    project = find_project(root)
    plan = plan_bundle(project, author_code(project), build_settings(project), LINUX)
    assert "a.b" in plan.hidden_imports
    assert "weather.__main__" in plan.hidden_imports
    assert "c" in plan.excludes
    assert plan.collect == ("d",)
    assert plan.data == ((str(root / "assets"), "x/y"),)
    assert plan.optimize == 0


@pytest.mark.parametrize(
    "setting", ['hidden-imports = "a"', "exclude = [1]", "optimize = 3", "optimize = true"]
)
def test_a_wrong_setting_is_named_with_what_is_expected(tmp_path: Path, setting: str) -> None:
    key = setting.partition(" ")[0]
    with pytest.raises(
        ProjectError, match=rf"\[tool.plugin-cli\] {key} has a wrong value\n  expected .*, found "
    ):
        build_settings(find_project(make(tmp_path, setting)))


def test_missing_data_is_named(tmp_path: Path) -> None:
    project = find_project(make(tmp_path, 'data = ["nowhere"]'))
    with pytest.raises(ProjectError, match="names what is not there: nowhere"):
        plan_bundle(project, author_code(project), build_settings(project), LINUX)
