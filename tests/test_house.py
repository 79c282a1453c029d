"""The walls of the house: how full a folder is, what one module imports, how long a file is.

The directions between rooms are in `.importlinter`. A debt is listed by name with its figure and may only shrink.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from plugin_cli.build.frontend.typescript import editor_files
from plugin_cli.resources import templates_dir

ROOT = Path(__file__).parents[1]
PACKAGES = ("plugin_cli", "plugin_sdk")

MOST_MODULES = 16
MOST_IMPORTS = 20
MOST_LINES = 320

DEBTS_MODULES = {
    "plugin_sdk": 20,  # the public names of authors, one module each
    "plugin_sdk/data": 22,  # one module a noun of frames
}
DEBTS_IMPORTS: dict[str, int] = {"plugin_cli/build/build.py": 21}  # the conductor
DEBTS_LINES: dict[str, int] = {}

# Read by PyInstaller, one for each package it names; a generated file is as long as its source.
UNCOUNTED = ("plugin_cli/build/bundle/pyinstaller/hooks", "plugin_sdk/_proto")


def sources(root: Path = ROOT) -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        if not path.relative_to(root).as_posix().startswith(UNCOUNTED)
    ]


def modules_of_folders(root: Path = ROOT) -> dict[str, int]:
    folders = (path.parent for path in sources(root) if path.name != "__init__.py")
    return Counter(folder.relative_to(root).as_posix() for folder in folders)


def own_imports(root: Path = ROOT) -> dict[str, int]:
    return {
        path.relative_to(root).as_posix(): len(
            {
                node.module
                for node in ast.walk(ast.parse(path.read_text("utf-8")))
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGES)
            }
        )
        for path in sources(root)
    }


def lines(root: Path = ROOT) -> dict[str, int]:
    return {
        path.relative_to(root).as_posix(): len(path.read_text("utf-8").splitlines()) for path in sources(root)
    }


def over(figures: dict[str, int], most: int) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure > most}


LIMITS = {
    "modules in a folder": (modules_of_folders, MOST_MODULES, DEBTS_MODULES),
    "own imports of a module": (own_imports, MOST_IMPORTS, DEBTS_IMPORTS),
    "lines of a file": (lines, MOST_LINES, DEBTS_LINES),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_nothing_outgrows_its_limit_and_no_debt_grows(limit: str) -> None:
    measure, most, debts = LIMITS[limit]

    grown = {name: n for name, n in over(measure(), most).items() if n > debts.get(name, most)}

    assert not grown, f"at most {most} {limit}: split it"


@pytest.mark.parametrize("limit", LIMITS)
def test_a_debt_that_is_paid_is_no_longer_listed(limit: str) -> None:
    measure, most, debts = LIMITS[limit]

    assert set(debts) <= set(over(measure(), most))


@pytest.mark.parametrize("limit", LIMITS)
def test_what_outgrows_a_limit_is_found(limit: str, tmp_path: Path) -> None:
    measure, most, _debts = LIMITS[limit]
    room = tmp_path / "plugin_cli" / "room"
    room.mkdir(parents=True)
    for index in range(MOST_MODULES + 1):
        (room / f"module_{index}.py").write_text("")
    imports = "".join(f"from plugin_cli.room import module_{i}\n" for i in range(3))
    many = "".join(f"from plugin_cli.room.module_{i} import x\n" for i in range(MOST_IMPORTS + 1))
    (room / "module_0.py").write_text(imports + many + "\n" * MOST_LINES)

    assert set(over(measure(tmp_path), most)) <= {"plugin_cli/room", "plugin_cli/room/module_0.py"}
    assert over(measure(tmp_path), most)


def test_the_editors_in_the_templates_are_those_of_the_generated_frontend() -> None:
    folder = templates_dir() / "template/{% if react %}.{% endif %}/src/generated"

    for name, text in editor_files().items():
        assert (folder / name).read_text(encoding="utf-8") == text, "run scripts/templates"


def test_contributing_lists_every_module() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/modules", "--check"], check=False)

    assert done.returncode == 0, "run scripts/modules"
