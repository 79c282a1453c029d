"""Backends run from source: what is recompiled, what is imported ahead, and standby."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_sdk._process.imports import external_modules
from plugin_sdk.client import source_command
from plugin_sdk.testing import PluginProcess, PluginStartError, settings

ROOT = Path(__file__).parents[3]
MAIN = 'from plugin_sdk import serve\nserve("weather.datasource:Weather")\n'
PLUGIN = """
import {module}
from plugin_sdk import CheckHealthResult, DataSource
class Weather(DataSource):
    def check_health(self):
        return CheckHealthResult.ok({words})
    def query(self, query):
        return {{}}["gone"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "backend/weather/__init__.py", "")
    write(tmp_path, "backend/weather/__main__.py", MAIN)
    write(tmp_path, "backend/weather/datasource.py", PLUGIN.format(module="outside", words="'one'"))
    write(tmp_path, "packages/outside.py", "print('hello'); import outside_too")
    write(tmp_path, "packages/outside_too.py", "")
    return tmp_path / "backend"


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def process(folder: Path, *, standby: bool = False) -> PluginProcess:
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    path = os.pathsep.join(map(str, (folder, folder.parent / "packages", ROOT)))
    command = source_command(sys.executable, "weather", folder)
    return PluginProcess(command, env=kept | {"PYTHONPATH": path}, standby=standby)


def said(running: PluginProcess) -> str:
    return running.client.check_health(settings()).message


def test_two_edits_of_one_size_within_a_second_are_distinguished(folder: Path) -> None:
    source = folder / "weather" / "datasource.py"
    stamp = source.stat()
    with process(folder) as running:
        assert said(running) == "one"
    source.write_text(source.read_text().replace("'one'", "'two'"))
    os.utime(source, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    with process(folder) as running:
        assert said(running) == "two"


def test_bytecode_is_kept_for_packages_and_not_for_the_authors_files(folder: Path) -> None:
    with process(folder) as running:
        said(running)

    assert [path.name.partition(".")[0] for path in folder.parent.rglob("*.pyc")] != []
    assert {path.name.partition(".")[0] for path in folder.parent.rglob("*.pyc")} == {
        "outside",
        "outside_too",
    }


def test_a_standby_process_runs_the_code_as_it_is_when_it_is_released(folder: Path) -> None:
    standby = process(folder, standby=True)
    standby.launch()
    source = folder / "weather" / "datasource.py"
    # Only once the packages are imported, which is when their bytecode exists.
    while not list(folder.parent.rglob("outside_too*.pyc")):
        assert standby.running()
    source.write_text(
        source.read_text().replace("'one'", "__import__('sys').modules['outside'].__name__ + ' two'")
    )

    with standby as running:
        assert said(running) == "outside two"


def test_a_standby_process_ends_with_its_parent(folder: Path) -> None:
    script = (
        "import os, subprocess, sys\n"
        f"command = [sys.executable, '-m', 'plugin_sdk._process.source_mode', 'weather', {str(folder)!r}, '--standby']\n"
        "child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, (folder, folder.parent / "packages", ROOT)))
    }
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stderr is not None
        int(parent.stdout.readline())
        # stderr closes when the last process that has it open ends.
        assert "Traceback" not in parent.stderr.read()


def test_a_standby_process_that_is_not_needed_is_stopped(folder: Path) -> None:
    standby = process(folder, standby=True)
    standby.launch()
    standby.discard()

    assert not standby.running()


def test_a_standby_process_that_ended_does_not_become_a_plugin(folder: Path) -> None:
    standby = process(folder, standby=True)
    standby.launch()
    os.kill(standby.pid, 9)
    assert standby.wait(60) == -9

    with pytest.raises(PluginStartError, match="ended with exit code -9"):
        standby.__enter__()


def test_an_error_that_was_not_deliberate_names_its_line(folder: Path) -> None:
    with process(folder) as running:
        answer = running.client.query_data([{"refId": "A"}], settings())["A"]

    assert answer.error == "KeyError: 'gone' (datasource.py, line 8)"


def test_external_imports_are_found_in_the_source(tmp_path: Path) -> None:
    write(
        tmp_path,
        "weather/datasource.py",
        "from __future__ import annotations\n"
        "import pandas as pd, os.path\n"
        "from google.cloud import bigquery, storage\n"
        "from typing import TYPE_CHECKING\n"
        "from . import models\n"
        "from weather.models import *\n"
        "import helper\n"
        "if TYPE_CHECKING:\n    import never\n"
        "try:\n    import fast\nexcept ImportError:\n    import slow\n"
        "if os.name == 'x':\n    import odd\nelse:\n    from even import *\n"
        "def later():\n    import lazy\n",
    )
    write(tmp_path, "weather/broken.py", "import lost(\n")
    write(tmp_path, "helper.py", "")

    assert external_modules(str(tmp_path), "weather") == [
        ("pandas", ()),
        ("os.path", ()),
        ("google.cloud", ("bigquery", "storage")),
        ("typing", ("TYPE_CHECKING",)),
        ("fast", ()),
        ("odd", ()),
        ("even", ()),
    ]
