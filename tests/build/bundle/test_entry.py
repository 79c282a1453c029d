"""The built executable is a Python where it is started as one, and the plugin where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.build.bundle.plan import RECIPE

# Sets what PyInstaller's start code sets, then runs the program.
START = """
import runpy, sys
sys._MEIPASS = sys.argv.pop(1)
sys.path.insert(0, sys._MEIPASS)
sys.path.append(sys._MEIPASS)
sys.path.append(sys._MEIPASS)
entry = sys.argv.pop(1)
sys.argv[0] = "gpx_weather"
runpy.run_path(entry, run_name="__main__")
"""


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "entry").write_text("weather\n")
    package = tmp_path / "weather"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import sys\nprint('plugin', sys.argv[1:], __package__, '__file__' in globals())\n"
    )
    (package / "worker.py").write_text("import sys\nprint(__name__, sys.argv[1:])\n")
    (tmp_path / "script.py").write_text("import sys\nprint(__name__, sys.argv)\n")
    return tmp_path


def run(bundle: Path, *arguments: str, text: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", START, bundle, RECIPE / "entry.py", *arguments],
        cwd=bundle,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("arguments", [[], ["-version"], ["-buildinfo"], ["-standalone"], ["-u"], ["other"]])
def test_without_a_program_for_python_it_is_the_plugin(bundle: Path, arguments: list[str]) -> None:
    assert run(bundle, *arguments) == f"plugin {arguments} weather False"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-c", "import sys; print(sys.argv, __name__)", "a", "-b"], "['-c', 'a', '-b'] __main__"),
        (["-cprint(1)"], "1"),
        (["-u", "-I", "-X", "utf8", "-W", "error", "-c", "print(2)"], "2"),
        (["-sEu", "-Wignore", "-Xdev", "-c", "print(3)"], "3"),
        (["-m", "weather.worker", "x"], "__main__ ['x']"),
        (["-mweather.worker"], "__main__ []"),
        (["-B", "script.py", "y"], "__main__ ['script.py', 'y']"),
    ],
)
def test_with_one_it_is_python(bundle: Path, arguments: list[str], said: str) -> None:
    assert run(bundle, *arguments) == said


def test_a_program_on_stdin_is_run(bundle: Path) -> None:
    assert run(bundle, "-", text="print(4)") == "4"


def test_code_sees_no_name_of_the_program_that_runs_it(bundle: Path) -> None:
    code = "print([name for name in globals() if not name.startswith('__')])"
    assert run(bundle, "-c", code) == "[]"


def test_a_path_file_of_a_package_is_read_as_at_a_start_of_python(bundle: Path) -> None:
    (bundle / "entry").write_text("weather\nextra.pth\n")
    (bundle / "extra.pth").write_text("inner\n")
    (bundle / "inner").mkdir()
    (bundle / "inner" / "found.py").write_text("value = 5\n")
    assert run(bundle, "-c", "import found; print(found.value)") == "5"
