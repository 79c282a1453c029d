from __future__ import annotations

import json
from pathlib import Path

import pytest

from plugin_cli.build.author_code import (
    Import,
    author_code,
    compile_into,
    copy_data,
    imported_names,
    required_imports,
)
from plugin_cli.build.settings import BuildSettings
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project, find_project

SOURCE = """
import json
from httpx import Client, get
from . import models
from weather.models import Query
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import pandas
else:
    import array
try:
    import orjson
except ImportError:
    orjson = None
def late():
    import numpy.linalg
    if True:
        import csv
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    package = tmp_path / "backend" / "weather"
    package.mkdir(parents=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plugin.json").write_text(json.dumps({"id": "acme-weather-datasource"}))
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        'from plugin_sdk import serve\nserve("weather.datasource:Weather")\n'
    )
    (package / "datasource.py").write_text(SOURCE)
    (package / "stations.csv").write_text("berlin\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").touch()
    (tmp_path / "backend" / "tests").mkdir()
    (tmp_path / "backend" / "tests" / "test_x.py").write_text("import pytest\n")
    (tmp_path / "backend" / "conftest.py").write_text("import pytest\n")
    return find_project(tmp_path)


def test_author_code_is_everything_but_tests_and_leftovers(project: Project) -> None:
    assert sorted(author_code(project).files) == [
        "weather/__init__.py",
        "weather/__main__.py",
        "weather/datasource.py",
        "weather/stations.csv",
    ]


def test_required_imports_leave_out_what_the_author_guards(project: Project) -> None:
    assert required_imports(author_code(project)) == (
        Import("array"),
        Import("csv"),
        Import("httpx", ("Client", "get")),
        Import("json"),
        Import("numpy.linalg"),
        Import("plugin_sdk", ("serve",)),
        Import("typing", ("TYPE_CHECKING",)),
    )


def test_imported_names_hold_guarded_imports_too(project: Project) -> None:
    assert {"orjson", "pandas", "numpy.linalg", "httpx.Client"} <= set(imported_names(author_code(project)))


def test_compiled_code_names_no_path_of_this_machine_and_has_no_time(
    project: Project, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        compile_into(author_code(project), tmp_path / name, optimize=2)
    compiled = (tmp_path / "one" / "weather" / "datasource.pyc").read_bytes()
    assert str(tmp_path).encode() not in compiled
    assert compiled == (tmp_path / "two" / "weather" / "datasource.pyc").read_bytes()
    assert (tmp_path / "one" / "weather" / "stations.csv").read_text() == "berlin\n"
    assert not list((tmp_path / "one").rglob("*.py"))


def test_a_syntax_error_is_told_with_its_line(project: Project, tmp_path: Path) -> None:
    (project.root / "backend" / "weather" / "models.py").write_text("x = 1\ndef broken(:\n")
    with pytest.raises(ProjectError, match=r"models\.py cannot be compiled\n  line 2: "):
        compile_into(author_code(project), tmp_path / "out", optimize=2)


def test_a_folder_of_tests_in_the_package_belongs_to_it_and_one_beside_it_does_not(project: Project) -> None:
    backend = project.root / "backend"
    for place in (
        "weather/test/case.py",
        "weather/tests/data.csv",
        "test/test_y.py",
        "test_z.py",
        "weather/.x/y.py",
    ):
        (backend / place).parent.mkdir(parents=True, exist_ok=True)
        (backend / place).touch()
    files = author_code(project).files
    assert {"weather/test/case.py", "weather/tests/data.csv"} <= set(files)
    assert not {"test/test_y.py", "test_z.py", "weather/.x/y.py"} & set(files)


def test_a_plugin_may_be_named_test(tmp_path: Path) -> None:
    package = tmp_path / "backend" / "test"
    package.mkdir(parents=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "plugin.json").write_text(json.dumps({"id": "acme-test-datasource"}))
    (package / "__main__.py").write_text('serve("test.datasource:Test")\n')
    assert list(author_code(find_project(tmp_path)).files) == ["test/__main__.py"]


def test_a_linked_package_is_the_authors_too_and_a_link_in_a_circle_ends(
    project: Project, tmp_path: Path
) -> None:
    shared = tmp_path / "elsewhere" / "shared"
    shared.mkdir(parents=True)
    (shared / "__init__.py").touch()
    (shared / "again").symlink_to(shared)
    (project.root / "backend" / "shared").symlink_to(shared)
    assert [name for name in author_code(project).files if name.startswith("shared")] == [
        "shared/__init__.py"
    ]


def test_data_lies_as_far_from_the_code_as_in_the_repository(project: Project, tmp_path: Path) -> None:
    for place in ("assets/x.h", "big.csv"):
        (project.root / place).parent.mkdir(exist_ok=True)
        (project.root / place).write_text("x")
    code = author_code(project)
    settings = BuildSettings(data=("assets", "big.csv=weather/data"))
    copy_data(project, settings, code, tmp_path / "out")
    assert (tmp_path / "out" / "assets" / "x.h").is_file()
    assert (tmp_path / "out" / "backend" / "weather" / "data" / "big.csv").is_file()


def test_data_never_takes_the_place_of_the_bundles_own_files(project: Project, tmp_path: Path) -> None:
    (project.root / "app").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "app").touch()
    with pytest.raises(ProjectError, match="the bundle has a file of its own at app"):
        copy_data(project, BuildSettings(data=("app",)), author_code(project), tmp_path / "out")


def test_the_author_leaves_out_modules_of_his_own(project: Project, tmp_path: Path) -> None:
    compile_into(author_code(project), tmp_path / "out", optimize=0, exclude=("weather.datasource",))
    assert not (tmp_path / "out" / "weather" / "datasource.pyc").exists()
    assert (tmp_path / "out" / "weather" / "__main__.pyc").exists()
