"""The program that Grafana starts in the plugin's place while the backend runs from source."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from plugin_cli.dev.grafana.locator import write_plugin_folder
from plugin_cli.errors import ProjectError
from plugin_cli.project import find_project
from plugin_cli.system.running import processes_running
from plugin_cli.target import Target, host_target
from tests.source_plugin import write_source_plugin
from tests.waiting import eventually

LINE = "1|2|unix|/tmp/somewhere/backend.sock|grpc\n"


@pytest.mark.skipif(sys.platform == "win32", reason="optional: Windows has no locator")
@pytest.mark.parametrize(
    "target", [Target("darwin", "arm64"), Target("linux", "riscv64"), host_target()], ids=str
)
def test_it_says_where_the_backend_is_and_stays_until_it_is_killed(target: Target, tmp_path: Path) -> None:
    project = find_project(write_source_plugin(tmp_path / "weather").root)
    folder = tmp_path / "with space" / "plugin"
    folder.mkdir(parents=True)

    write_plugin_folder(project, target, LINE, folder)

    executable = folder / target.executable(project.executable)
    with subprocess.Popen([executable], stdout=subprocess.PIPE, text=True, cwd="/") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == LINE
        # Whoever cleans up after a crash finds it by the folder of its program.
        # Between the shell's words and those of what it becomes, a process has none.
        assert eventually(lambda: processes_running(folder)) == [running.pid]
        assert eventually(lambda: processes_running(folder, os.getpid())) == [running.pid]
        assert processes_running(folder, running.pid) == processes_running(tmp_path / "with") == []
        assert running.poll() is None
        running.kill()
        assert running.stdout.read() == ""
    assert running.returncode == -signal.SIGKILL


def test_a_system_without_one_is_named_with_the_way_out(tmp_path: Path) -> None:
    project = find_project(write_source_plugin(tmp_path / "weather").root)
    (tmp_path / "plugin").mkdir()

    with pytest.raises(ProjectError, match="behind a Grafana on windows/amd64") as raised:
        write_plugin_folder(project, Target("windows", "amd64"), LINE, tmp_path / "plugin")

    assert "--backend dist" in str(raised.value)
