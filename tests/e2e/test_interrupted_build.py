"""What a build left half done, or what became of its caches since, costs the next one nothing but time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.built_plugin import BuiltPlugin, run_tool

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def plugin(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> BuiltPlugin:
    copy = built_plugin.copy(tmp_path_factory.mktemp("interrupted") / "weather")
    run_tool("build", cwd=copy.root)
    return copy


def garble(pattern: str, text: str = "\0{[") -> Callable[[Path], None]:
    def write(cache: Path) -> None:
        found = [path for path in cache.glob(pattern) if path.is_file()]
        assert found, pattern
        for path in found:
            path.write_text(text)

    return write


def lose(pattern: str) -> Callable[[Path], None]:
    def remove(cache: Path) -> None:
        found = list(cache.glob(pattern))
        assert found, pattern
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return remove


LOSS = [lose("*/bundle.json"), lose("dist.json")]
HARMS: dict[str, list[Callable[[Path], None]]] = {
    "the record of the interpreter": [garble("*/python.json"), *LOSS],
    "a list for the record of the bundle": [garble("*/bundle.json", "[]"), lose("dist.json")],
    "a record of the bundle that is none": [garble("*/bundle.json"), garble("dist.json", "[3]")],
    "a part of the bundle": [lose("*/bundle/app"), lose("dist.json")],
}


@pytest.mark.parametrize(
    "harm",
    [
        name if name == "a part of the bundle" else pytest.param(name, marks=pytest.mark.nightly)
        for name in HARMS
    ],
)
def test_garbled_or_lost_caches_are_made_again(plugin: BuiltPlugin, harm: str) -> None:
    for spoil in HARMS[harm]:
        spoil(plugin.root / ".plugin-cli" / "cache" / "build")
    run_tool("build", cwd=plugin.root)
    run_tool("validate", cwd=plugin.root)
