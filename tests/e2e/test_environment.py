"""The plugin's environment holds what pyproject.toml asks for; one that its author made is left to them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project, find_project
from plugin_cli.venv.create import ensure_environment
from tests.built_plugin import BuiltPlugin

pytestmark = pytest.mark.e2e
QUIET = TerminalConsole(quiet=True)


@pytest.fixture(scope="module")
def project(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return find_project(built_plugin.copy(tmp_path_factory.mktemp("environment") / "weather").root)


def site_packages(project: Project) -> Path:
    (found,) = project.environment.glob("lib/python*/site-packages")
    return found


def put_stray_package(project: Project) -> Path:
    """Leave a package in the environment that nobody has asked for."""
    info = site_packages(project) / "stray-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stray\nVersion: 1.0\n")
    (info / "RECORD").write_text("stray-1.0.dist-info/METADATA,,\nstray-1.0.dist-info/RECORD,,\n")
    return info


def ask_for_something_else(project: Project) -> None:
    path = project.root / "pyproject.toml"
    text = path.read_text()
    if "\nkeywords" not in text:
        text = text.replace("\nversion =", "\nkeywords = []\nversion =", 1)
    path.write_text(text.replace("\nkeywords = [", '\nkeywords = ["more", ', 1))


def pretend_another_python(project: Project) -> None:
    path = project.environment / "pyvenv.cfg"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("version")]
    path.write_text("\n".join([*lines, "version_info = 3.9.1"]) + "\n")


def works(python: Path) -> bool:
    code = "import sys, plugin_sdk, httpx; sys.exit(sys.version_info[:2] != tuple(map(int, sys.argv[1:])))"
    versions = map(str, sys.version_info[:2])
    return subprocess.run([python, "-c", code, *versions], cwd="/", check=False).returncode == 0


def test_a_package_with_the_name_of_a_library_is_refused(project: Project) -> None:
    package = project.root / "backend" / "httpx"
    package.mkdir()
    (package / "__init__.py").write_text("")
    try:
        with pytest.raises(ProjectError, match="backend/httpx hides the installed package httpx"):
            ensure_environment(project, QUIET)
    finally:
        (package / "__init__.py").unlink()
        package.rmdir()

    assert ensure_environment(project, QUIET)


def test_what_is_no_longer_asked_for_goes(project: Project) -> None:
    ensure_environment(project, QUIET)
    stray = put_stray_package(project)
    ensure_environment(project, QUIET)
    assert stray.exists(), "nothing has changed, so nothing is done"

    ask_for_something_else(project)
    assert works(ensure_environment(project, QUIET))
    assert not stray.exists()


def test_one_of_another_python_is_made_anew(project: Project) -> None:
    python = ensure_environment(project, QUIET)
    marker = site_packages(project) / "marker"
    marker.touch()
    pretend_another_python(project)
    ask_for_something_else(project)
    assert works(ensure_environment(project, QUIET)), python
    assert not marker.exists()


def test_one_that_the_author_made_keeps_its_packages_and_is_never_replaced(project: Project) -> None:
    ensure_environment(project, QUIET)
    (project.environment / ".plugin-cli.json").unlink()
    stray = put_stray_package(project)
    assert works(ensure_environment(project, QUIET))
    assert stray.exists()

    pretend_another_python(project)
    ask_for_something_else(project)
    with pytest.raises(ProjectError, match=r"is of another Python than 3\.\d+\n(.*\n)*  try: remove it"):
        ensure_environment(project, QUIET)
    assert stray.exists()
