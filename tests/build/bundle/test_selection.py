"""What of the packages goes in: everything, but for one table that imports and settings overrule."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.bundle.exclusions import PACKAGES, STANDARD_LIBRARY
from plugin_cli.build.bundle.selection import lines_that_hold, select_files
from plugin_cli.build.settings import BuildSettings
from tests.build.bundle.environment import install, installed

FILES = {
    "scipy/__init__.py": "",
    "scipy/tests/test_x.py": "import pydantic.v1\n",
    "scipy/stats/tests/data.npz": "",
    "scipy/stats/data.csv": "",
    "scipy/api.h": "",
    "scipy/types.pyi": "",
    "scipy/py.typed": "",
    "scipy/plugin.json": "{}",
    "scipy.libs/libx-1.so": "",
    "scipy-1.0.dist-info/entry_points.txt": "",
    "scipy-1.0.dist-info/licenses/LICENSE": "",
    "scipy-1.0.dist-info/INSTALLER": "uv",
    "../../../share/x/y.txt": "",
    "../../../bin/x": "#!/venv/bin/python\n",
    "../../../bin/program": "\x7fELF",
}


def select(prefix: Path, *imports: str, **settings: Any) -> dict[str, set[str]]:
    found = select_files(
        installed(prefix), imports, dataclasses.replace(BuildSettings(), **settings), prefix / "cache"
    )
    return {name: set(files) for name, files in found.files.items()}


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    install(tmp_path, "scipy", FILES)
    return tmp_path


def test_everything_goes_in_but_the_lines_of_the_table(prefix: Path) -> None:
    assert select(prefix)["scipy"] == {
        "scipy/__init__.py",
        "scipy/stats/data.csv",
        "scipy/api.h",
        "scipy/types.pyi",
        "scipy/py.typed",
        "scipy.libs/libx-1.so",
        "scipy-1.0.dist-info/entry_points.txt",
        "scipy-1.0.dist-info/METADATA",
        "scipy-1.0.dist-info/RECORD",
        "../../../share/x/y.txt",
        "../../../bin/program",
    }


@pytest.mark.parametrize(
    ("imports", "settings"),
    [
        (("scipy.tests.test_x",), {}),
        ((), {"include": ("scipy tests",)}),
        ((), {"include": ("scipy.tests",)}),
        ((), {"hidden_imports": ("scipy.tests.test_x",)}),
    ],
)
def test_a_line_comes_back_by_import_or_setting(
    prefix: Path, imports: tuple[str, ...], settings: dict[str, tuple[str, ...]]
) -> None:
    assert "scipy/stats/tests/data.npz" in select(prefix, *imports, **settings)["scipy"]


@pytest.mark.parametrize(
    "source", ["import pydantic.v1", "def f():\n  from pydantic.v1 import x", "from pydantic import v1"]
)
def test_an_import_in_another_package_brings_a_line_back_too(prefix: Path, source: str) -> None:
    install(prefix, "pydantic", {"pydantic/v1/__init__.py": "", "pydantic/main.py": "import pydantic.v1"})
    assert "pydantic/v1/__init__.py" not in select(prefix)["pydantic"]
    install(prefix, "chain", {"chain.py": source + "\n"})
    assert "pydantic/v1/__init__.py" in select(prefix)["pydantic"]


def test_the_author_leaves_out_packages_modules_and_files(prefix: Path) -> None:
    assert select(prefix, exclude=("scipy",))["scipy"] == set()
    assert not [name for name in select(prefix, exclude=("scipy.stats",))["scipy"] if "stats/" in name]
    assert "scipy/api.h" not in select(prefix, exclude=("*.h",))["scipy"]


def test_tests_and_terminals_of_the_standard_library_return_by_the_authors_import_alone() -> None:
    def held(*imports: str, **packages: frozenset[str]) -> set[str]:
        lines = lines_that_hold(STANDARD_LIBRARY, imports, packages, BuildSettings())
        return {line.name for line in lines}

    assert {"tkinter", "sqlite3", "test"} <= held()
    assert "sqlite3" not in held(frames=frozenset({"sqlite3.dbapi2"}))
    assert "tkinter" in held(frames=frozenset({"tkinter.ttk"}))
    assert "tkinter" not in held("tkinter.ttk")


def test_every_line_says_what_it_saves_and_why() -> None:
    for line in (*PACKAGES, *STANDARD_LIBRARY):
        assert line.name
        assert line.reason
        assert line.megabytes > 0
    names = [line.name for line in (*PACKAGES, *STANDARD_LIBRARY)]
    assert len(names) == len(set(names))
