"""`plugin-cli build remote`: what is in dist/, and what it does there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugin_cli.build.remote import build as module
from plugin_cli.build.remote import programs
from plugin_cli.build.remote.build import build_remote
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import PluginCliError, ProjectError, ToolMissingError, UsageError
from plugin_cli.release.open_plugin import open_plugin
from plugin_cli.release.package import package
from plugin_cli.release.validate import validate
from plugin_cli.target import GATE_TARGETS, Target, host_target, parse_gate_targets
from plugin_sdk.testing import PluginProcess, settings
from tests.gate.backends import Backend
from tests.source_plugin import SourcePlugin, write_source_plugin

HERE = host_target()


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourcePlugin:
    def this_python(*_: Any, **__: Any) -> Path:
        return Path(sys.executable)

    monkeypatch.setattr(module, "ensure_environment", this_python)
    return write_source_plugin(tmp_path / "weather")


def test_dist_starts_and_passes_calls_on(
    plugin: SourcePlugin, program: Path, backend: Callable[..., Backend]
) -> None:
    result = build_remote(plugin.root, [HERE], TerminalConsole())

    (executable,) = result.executables
    names = {path.name for path in result.dist.iterdir()}
    assert {executable.name, "plugin.json", "module.js", "remote.json", "THIRD_PARTY_LICENSES.txt"} <= names
    assert not (result.dist / HERE.folder).exists()
    assert "google.golang.org/grpc" in (result.dist / "THIRD_PARTY_LICENSES.txt").read_text()
    for flag, words in (("-version", "1.0.0"), ("-buildinfo", '"pluginID": "acme-weather-datasource"')):
        assert words in subprocess.run([executable, flag], capture_output=True, text=True, check=True).stdout
    with PluginProcess([executable], env={"GF_PLUGIN_BACKEND": backend().at}) as running:
        assert running.client.check_health(settings()).status.name == "OK"

    assert build_remote(plugin.root, [HERE], TerminalConsole()).unchanged
    plugin.write(
        "backend/weather/datasource.py", "from plugin_sdk import *\nclass Weather(DataSource): ...\n"
    )
    assert not build_remote(plugin.root, [HERE], TerminalConsole()).unchanged


def test_it_can_be_validated_and_packed(plugin: SourcePlugin, program: Path) -> None:
    plugin.write("README.md", "# Weather\n")
    plugin.write("LICENSE", "Apache-2.0\n")
    plugin.metadata["info"] |= {"logos": {"small": "img/logo.svg", "large": "img/logo.svg"}, "keywords": []}
    plugin.write("src/img/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    plugin.write("src/plugin.json", json.dumps(plugin.metadata))
    result = build_remote(plugin.root, [HERE], TerminalConsole())

    assert [item for item in validate(result.dist).findings if item.severity == "error"] == []
    packed = package(plugin.root, TerminalConsole())
    assert packed.size_bytes < 15e6
    assert open_plugin(packed.archive).executables() == {HERE.folder: result.executables[0].name}


def test_a_plugin_without_a_backend_is_refused(plugin: SourcePlugin) -> None:
    plugin.metadata["backend"] = False
    plugin.write("src/plugin.json", json.dumps(plugin.metadata))

    with pytest.raises(ProjectError, match="no backend that could run elsewhere"):
        build_remote(plugin.root, [HERE], TerminalConsole())


def test_a_gate_that_does_not_start_leaves_dist_as_it_was(
    plugin: SourcePlugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "gate"
    broken.write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "THIRD_PARTY_LICENSES.txt").write_text("")
    monkeypatch.setattr(module, "gate_program", lambda _target, _console: broken)

    with pytest.raises(PluginCliError, match="the gate in dist/ does not start"):
        build_remote(plugin.root, [HERE], TerminalConsole())

    assert not (plugin.root / "dist" / "plugin.json").exists()


def test_the_installed_distribution_goes_before_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "plugin_cli_gate" / "programs"
    made.mkdir(parents=True)
    (made.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))

    for target in GATE_TARGETS:
        assert programs.gate_program(target, TerminalConsole()) == made / target.executable("gate")


def test_without_both_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_go", lambda: None)

    with pytest.raises(ToolMissingError) as raised:
        programs.gate_program(HERE, TerminalConsole())

    assert "uv tool install --with grafana-plugin-cli-gate grafana-plugin-cli" in str(raised.value)


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        (["all"], GATE_TARGETS),
        (["linux/arm"], (Target("linux", "arm"),)),
        (["windows", "linux"], (Target("windows", "amd64"), Target("linux", "amd64"))),
    ],
)
def test_words_name_the_gates_targets(words: list[str], targets: tuple[Target, ...]) -> None:
    assert parse_gate_targets(words) == targets


def test_without_words_it_is_for_grafanas_images_and_this_machine() -> None:
    assert parse_gate_targets([]) == tuple(
        dict.fromkeys((Target("linux", "amd64"), Target("linux", "arm64"), HERE))
    )
    with pytest.raises(UsageError, match="linux/arm, all"):
        parse_gate_targets(["linux/386"])
