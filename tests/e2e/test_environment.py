"""The plugin's environment holds what pyproject.toml asks for; one that its author made is left to them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ProjectError
from plugin_cli.project import Project, find_project
from plugin_cli.venv.create import ensure_environment
from tests.built_plugin import TOOL, BuiltPlugin, run_tool

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


def test_it_holds_what_the_lock_names_and_nothing_newer(project: Project) -> None:
    ensure_environment(project, QUIET)
    lock = project.root / "uv.lock"
    text = lock.read_text()
    assert str(project.root) not in text

    # As somebody's commit of some time ago would have it.
    run_tool("update", "--packages", cwd=project.root)
    pinned = (project.root / "pyproject.toml").read_text()
    (project.root / "pyproject.toml").write_text(pinned.replace("httpx>=0.27", "httpx==0.27.2"))
    ensure_environment(project, QUIET)
    (project.root / "pyproject.toml").write_text(pinned)
    ensure_environment(project, QUIET, locked=False)

    assert list(site_packages(project).glob("httpx-0.27.2.dist-info"))
    ensure_environment(project, QUIET, locked=True)


def test_locked_refuses_what_the_lock_does_not_hold(project: Project) -> None:
    ensure_environment(project, QUIET)
    path = project.root / "pyproject.toml"
    before = path.read_text()
    path.write_text(before.replace('"httpx>=0.27",', '"httpx>=0.27", "sniffio",'))
    try:
        with pytest.raises(ProjectError, match=r"uv\.lock does not match pyproject\.toml"):
            ensure_environment(project, QUIET, locked=True)
    finally:
        path.write_text(before)
    ensure_environment(project, QUIET, locked=True)


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


Harm = Callable[[Project], None]


def lose(pattern: str) -> Harm:
    def remove(project: Project) -> None:
        for path in list(site_packages(project).glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    return remove


def cut_short(owner: str) -> Harm:
    def spoil(project: Project) -> None:
        (project.environment / ".plugin-cli.unfinished").write_text(owner)
        lose("httpx*")(project)

    return spoil


def write_stamp(text: str) -> Harm:
    def write(project: Project) -> None:
        (project.environment / ".plugin-cli.json").write_text(text)

    return write


def remove(name: str) -> Harm:
    return lambda project: (project.environment / name).unlink()


def empty(project: Project) -> None:
    shutil.rmtree(project.environment)
    project.environment.mkdir()


HARMS: dict[str, Harm] = {
    "a package's folder": lose("httpx"),
    "a package's record": lose("httpx-*.dist-info"),
    "a whole package": lose("httpx*"),
    "a part of a package": lose("google/protobuf"),
    "a module": lose("typing_extensions.py"),
    "a package cut to nothing": lose("httpx/*.py"),
    "the packages": lambda project: shutil.rmtree(site_packages(project)),
    "the interpreter": remove("bin/python"),
    "the configuration": remove("pyvenv.cfg"),
    "a garbled stamp": write_stamp("{"),
    "another stamp": write_stamp("[[]]"),
    "a run of the tool cut short": cut_short("ours"),
    "a run cut short in the author's": cut_short("author"),
    "a run cut short at its beginning": cut_short(""),
    "an empty folder": empty,
}


@pytest.fixture(scope="module")
def lossy(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return find_project(built_plugin.copy(tmp_path_factory.mktemp("lossy") / "weather").root)


@pytest.mark.parametrize("harm", HARMS)
def test_what_was_lost_is_made_again_by_the_next_command(lossy: Project, harm: str) -> None:
    project = lossy
    ensure_environment(project, QUIET)
    HARMS[harm](project)

    assert works(ensure_environment(project, QUIET))
    assert not (project.environment / ".plugin-cli.unfinished").exists()
    before = (project.environment / ".plugin-cli.json").stat().st_mtime_ns
    ensure_environment(project, QUIET)
    assert (project.environment / ".plugin-cli.json").stat().st_mtime_ns == before, "once, and no more"


def test_two_first_commands_at_once_make_it_once(lossy: Project) -> None:
    project = lossy
    shutil.rmtree(project.environment, ignore_errors=True)
    command: list[str | Path] = [TOOL, "query", "--backend", "source"]
    first, second = (
        subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    )
    said = [process.communicate(timeout=300)[1] for process in (first, second)]

    assert (first.returncode, second.returncode) == (0, 0), said
    assert sum("preparing the plugin's environment" in text for text in said) == 1
    assert sum("waiting for another command" in text for text in said) <= 1


def test_a_lock_that_a_dead_command_left_holds_nobody_up(lossy: Project) -> None:
    project = lossy
    ensure_environment(project, QUIET)
    code = "import os, sys; from plugin_cli.system.file_lock import FileLock; from pathlib import Path\n"
    code += "FileLock(Path(sys.argv[1])).acquire(); os.kill(os.getpid(), 9)"
    lock = project.state / "cache" / "environment.lock"
    assert subprocess.run([sys.executable, "-c", code, lock], check=False).returncode == -9
    assert works(ensure_environment(project, QUIET))


@pytest.mark.parametrize("ours", [True, False])
def test_an_environment_of_another_version_of_the_tool_belongs_to_whom_it_did(
    lossy: Project, ours: bool
) -> None:
    ensure_environment(lossy, QUIET)
    stamp = lossy.environment / ".plugin-cli.json"
    stray = put_stray_package(lossy)
    stamp.write_text(json.dumps({"wanted": {}, "ours": ours}))

    ensure_environment(lossy, QUIET)

    assert stray.exists() is not ours
    assert json.loads(stamp.read_text())["ours"] is ours
    shutil.rmtree(lossy.environment)


NEIGHBOUR = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "neighbour"\nversion = "1.0"\n',
    # A backend of its own: no index is needed to build it.
    "backend.py": "import os, zipfile\n"
    "def build_wheel(folder, config_settings=None, metadata_directory=None):\n"
    "    name = 'neighbour-1.0-py3-none-any.whl'\n"
    "    info = 'neighbour-1.0.dist-info/'\n"
    "    with zipfile.ZipFile(os.path.join(folder, name), 'w') as wheel:\n"
    "        wheel.write('neighbour.py')\n"
    "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: neighbour\\nVersion: 1.0\\n')\n"
    "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
    "        wheel.writestr(info + 'RECORD', '')\n"
    "    return name\n",
    "neighbour.py": "VALUE = 1\n",
}


def commit(folder: Path) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-qb", "main"], ["add", "-A"], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=folder, check=True, capture_output=True)


def test_a_branch_that_moved_is_reported_and_taken_only_when_asked(
    lossy: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, console = tmp_path / "neighbour", TerminalConsole()
    folder.mkdir()
    for name, text in NEIGHBOUR.items():
        (folder / name).write_text(text)
    commit(folder)
    path = lossy.root / "pyproject.toml"
    text = path.read_text().replace('"httpx>=0.27",', f'"httpx>=0.27", "neighbour @ git+{folder.as_uri()}",')
    path.write_text(text)

    def value(*, remote: bool = True, locked: bool = False) -> str:
        python = ensure_environment(lossy, console, remote=remote, locked=locked)
        code = "import neighbour; print(neighbour.VALUE)"
        return subprocess.run(
            [python, "-c", code], cwd="/", check=True, capture_output=True, text=True
        ).stdout

    assert value() == "1\n"
    (folder / "neighbour.py").write_text("VALUE = 2\n")
    commit(folder)
    capsys.readouterr()

    assert value() == "1\n"
    assert "the main branch of neighbour has moved to " in capsys.readouterr().err
    assert (value(remote=False), value(locked=True)) == ("1\n", "1\n")
    assert capsys.readouterr().err == ""

    run_tool("update", "--packages", "neighbour", cwd=lossy.root)
    assert value() == "2\n"
    assert "has moved" not in capsys.readouterr().err
