"""A package beside the plugin is seen to change: by path, editable, linked and from a branch."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from plugin_sdk.testing import PluginProcess, settings
from tests.built_plugin import BuiltPlugin, run_tool

pytestmark = pytest.mark.e2e

CODE = """
from plugin_sdk import CheckHealthResult, DataQuery, DataSource, Frame
from {package}.models import Query, Settings
import neighbour, shared, assets_of_mine

class {name}(DataSource[Settings, Query]):
    def query(self, query: DataQuery[Query]) -> Frame:
        return Frame.from_any({{"value": [1.0]}})

    def check_health(self) -> CheckHealthResult:
        return CheckHealthResult.ok(" ".join([neighbour.value(), shared.VALUE, assets_of_mine.text()]))
"""
NEIGHBOUR = """
from importlib.resources import files

def value():
    return "{value}" + files("neighbour").joinpath("data.txt").read_text()
"""
PYPROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "neighbour"
version = "1.0"

[tool.hatch.build.targets.wheel]
packages = ["src/neighbour"]
"""


@pytest.fixture(scope="module")
def plugin(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> BuiltPlugin:
    """The scaffold in a folder with brackets in its name, beside a package, with another one linked in."""
    top = tmp_path_factory.mktemp("local") / "b[0] {x}"
    top.mkdir()
    copy = built_plugin.copy(top / "weather")
    neighbour = top / "neighbour" / "src" / "neighbour"
    neighbour.mkdir(parents=True)
    (top / "neighbour" / "pyproject.toml").write_text(PYPROJECT)
    (neighbour / "__init__.py").write_text(NEIGHBOUR.format(value="one"))
    (neighbour / "data.txt").write_text("-data")
    (top / "shared").mkdir()
    (top / "shared" / "__init__.py").write_text("VALUE = 'linked'\n")
    (copy.root / "backend" / "shared").symlink_to(top / "shared")
    (copy.root / "assets").mkdir()
    (copy.root / "assets" / "x.h").write_text("asset")
    (copy.root / "backend" / "assets_of_mine.py").write_text(
        "from pathlib import Path\n\ndef text():\n"
        "    return (Path(__file__).parents[1] / 'assets' / 'x.h').read_text()\n"
    )
    package = next(copy.root.glob("backend/*/__main__.py")).parent
    name = (package / "__main__.py").read_text().partition(":")[2].partition('"')[0]
    (package / "datasource.py").write_text(CODE.format(package=package.name, name=name))
    return copy


def depend(plugin: BuiltPlugin, source: str) -> None:
    path = plugin.root / "pyproject.toml"
    text = path.read_text().partition("[tool.uv.sources]")[0]
    if '"neighbour"' not in text:
        text = text.replace('"httpx>=0.27",', '"httpx>=0.27",\n  "neighbour",')
        text = text.replace("[tool.plugin-cli]", '[tool.plugin-cli]\ndata = ["assets"]')
    path.write_text(f"{text}\n[tool.uv.sources]\nneighbour = {source}\n")


def health(plugin: BuiltPlugin) -> str:
    run_tool("build", "linux", cwd=plugin.root)
    with PluginProcess([plugin.executable]) as process:
        return process.client.check_health(settings({}, {"api_key": "k"})).message


@pytest.fixture
def code(plugin: BuiltPlugin) -> Path:
    path = plugin.root.parent / "neighbour" / "src" / "neighbour" / "__init__.py"
    path.write_text(NEIGHBOUR.format(value="one"))
    return path


@pytest.mark.parametrize("editable", ["false", "true"])
def test_a_changed_line_of_a_package_beside_the_plugin_is_built(
    plugin: BuiltPlugin, code: Path, editable: str
) -> None:
    depend(plugin, f'{{path = "../neighbour", editable = {editable}}}')
    assert health(plugin) == "one-data linked asset"
    code.write_text(NEIGHBOUR.format(value="two"))
    assert health(plugin) == "two-data linked asset"


@pytest.mark.nightly
def test_a_branch_that_moved_is_built_once_the_lock_takes_it(plugin: BuiltPlugin, code: Path) -> None:
    folder = plugin.root.parent / "neighbour"
    names = {f"GIT_{role}_{part}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", *arguments], cwd=folder, env=os.environ | names, check=True, capture_output=True
        )

    git("init", "-qb", "main")
    git("add", "-A")
    git("commit", "-qm", "one")
    depend(plugin, f'{{git = "{folder.as_uri()}", branch = "main"}}')
    assert health(plugin) == "one-data linked asset"
    code.write_text(NEIGHBOUR.format(value="three"))
    git("commit", "-qam", "three")
    said = run_tool("build", "linux", cwd=plugin.root).stderr
    assert "branch 'main' of neighbour has moved" in said
    assert health(plugin) == "one-data linked asset"
    run_tool("update", "--packages", "neighbour", cwd=plugin.root)
    assert health(plugin) == "three-data linked asset"
