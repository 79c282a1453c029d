"""`plugin-cli build` on the real scaffold: what it makes, when it does nothing, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin_sdk.testing import PluginProcess, last, settings
from tests.built_plugin import TOOL, BuiltPlugin, run_tool

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def plugin(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> BuiltPlugin:
    """A copy to change, built in its place, so that its environment is its own."""
    copy = built_plugin.copy(tmp_path_factory.mktemp("build") / "weather")
    run_tool("build", "linux", cwd=copy.root)
    return copy


def fails(plugin: BuiltPlugin, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [TOOL, *arguments],
        cwd=plugin.root,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def snapshot(dist: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in dist.rglob("*") if path.is_file())
    return {str(path.relative_to(dist)): (path.stat().st_ino, path.stat().st_size) for path in files}


def code(plugin: BuiltPlugin) -> Path:
    return plugin.root / "backend" / "weather_datasource" / "datasource.py"


def test_dist_holds_what_grafana_loads_and_nothing_it_refuses(built_plugin: BuiltPlugin) -> None:
    top = {path.name for path in built_plugin.dist.iterdir()}
    arch = built_plugin.executable.name.removeprefix("gpx_weather_")
    assert top == {
        "plugin.json",
        "module.js",
        "module.js.map",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "THIRD_PARTY_LICENSES.txt",
        "img",
        "schema",
        arch,
        f"gpx_weather_{arch}",
    }
    assert not [path for path in built_plugin.dist.rglob("*") if path.is_symlink()]
    assert len(list(built_plugin.dist.rglob("plugin.json"))) == 1
    validated = run_tool("validate", "--json", cwd=built_plugin.root)
    assert [item["rule"] for item in json.loads(validated.stdout)["findings"]] == ["catalogue"]


def test_only_what_is_started_has_the_execute_bit(built_plugin: BuiltPlugin) -> None:
    started = {
        path.name
        for path in built_plugin.dist.rglob("*")
        if path.is_file() and path.stat().st_mode & stat.S_IXUSR
    }
    assert len(started) == 2
    assert started == {built_plugin.executable.name} | {
        name for name in started if name.startswith("ld-linux")
    }


def test_no_file_names_the_machine_that_built_it(built_plugin: BuiltPlugin) -> None:
    home = str(built_plugin.root).encode()
    told = [
        path.name for path in built_plugin.dist.rglob("*") if path.is_file() and home in path.read_bytes()
    ]
    assert told == []


def test_the_package_tells_its_size(built_plugin: BuiltPlugin, tmp_path: Path) -> None:
    # How large depends on the system's Python and on what an index serves: scripts/bench holds the promise.
    packed = json.loads(run_tool("package", "--out", str(tmp_path), "--json", cwd=built_plugin.root).stdout)
    (made,) = tmp_path.glob("*.zip")
    assert packed["bytes"] == made.stat().st_size


def test_a_closed_umask_reaches_nobody_who_unpacks_it(plugin: BuiltPlugin) -> None:
    source = code(plugin)
    source.write_text(source.read_text() + "\n# under another umask\n")
    command = ["sh", "-c", f"umask 077; exec {TOOL} build linux"]
    subprocess.run(command, cwd=plugin.root, check=True, capture_output=True)
    modes = {path.stat().st_mode & 0o777 for path in plugin.dist.rglob("*")}
    assert modes == {0o755, 0o644}
    run_tool("validate", cwd=plugin.root)


def test_the_executable_answers_as_a_go_plugin_does(built_plugin: BuiltPlugin) -> None:
    version = subprocess.run(
        [built_plugin.executable, "-version"], env={}, capture_output=True, text=True, check=True
    )
    assert version.stdout == "0.1.0\n"
    said = subprocess.run(
        [built_plugin.executable, "-buildinfo"], env={}, capture_output=True, text=True, check=True
    )
    facts = json.loads(said.stdout)
    assert (facts["pluginID"], facts["version"]) == ("acme-weather-datasource", "0.1.0")
    assert isinstance(facts["time"], int)


def test_the_executable_serves_under_an_empty_environment(built_plugin: BuiltPlugin, tmp_path: Path) -> None:
    with PluginProcess([built_plugin.executable], cwd=tmp_path) as process:
        answer = process.client.query_data(
            [{"refId": "A", "station": "berlin"}], settings({}, {"api_key": "x"}), time_range=last(60)
        )["A"]
        assert answer.error == ""
        assert list(answer.frames[0].fields[1].values)[-1] > 15


def test_parts_and_licences_are_listed(built_plugin: BuiltPlugin) -> None:
    (bill,) = built_plugin.dist.glob("*/sbom.cdx.json")
    names = {part["name"] for part in json.loads(bill.read_text())["components"]}
    assert {"grpcio", "pydantic", "httpx", "Python"} <= names
    text = (built_plugin.dist / "THIRD_PARTY_LICENSES.txt").read_text()
    assert all(name in text for name in names)


def test_the_second_build_does_nothing_and_says_so(plugin: BuiltPlugin) -> None:
    before = snapshot(plugin.dist)
    said = run_tool("build", "linux", cwd=plugin.root).stderr
    assert said == f"nothing changed: {plugin.executable.name} is up to date\n"
    assert snapshot(plugin.dist) == before


def test_a_damaged_dist_is_built_again(plugin: BuiltPlugin) -> None:
    (plugin.dist / "module.js").unlink()
    run_tool("build", "linux", cwd=plugin.root)
    assert (plugin.dist / "module.js").is_file()


def test_an_edit_recompiles_the_authors_code_only(plugin: BuiltPlugin) -> None:
    source = code(plugin)
    source.write_text(source.read_text().replace("20.0", "21.0"))
    said = run_tool("build", "linux", cwd=plugin.root).stderr
    assert "collecting" not in said
    with PluginProcess([plugin.executable]) as process:
        answer = process.client.query_data([{"refId": "A"}], settings({}, {"api_key": "x"}))["A"]
    assert list(answer.frames[0].fields[1].values)[-1] == 21.0


def test_watching_builds_after_each_change_and_outlives_a_broken_one(plugin: BuiltPlugin) -> None:
    source = code(plugin)
    good = source.read_text()
    try:
        with watching_build(plugin) as lines:
            assert "up to date" in next(lines)
            source.write_text("def broken(:\n" + good)
            assert any("datasource.py cannot be compiled" in line for line in lines)
            source.write_text(good + "\n# the end\n")
            assert any(line.startswith("built gpx_weather") for line in lines)
    finally:
        source.write_text(good)


@contextmanager
def watching_build(plugin: BuiltPlugin) -> Iterator[Iterator[str]]:
    """Run `build --watch` inside the block, give its lines as they come, and end it as Ctrl-C does."""
    command: list[str | Path] = [TOOL, "build", "linux", "--watch"]
    with subprocess.Popen(command, cwd=plugin.root, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        limit = threading.Timer(120, process.kill)
        limit.start()
        try:
            yield iter(process.stderr.readline, "")
            process.send_signal(signal.SIGINT)
            rest = process.stderr.read()
        finally:
            limit.cancel()
            process.terminate()
    assert "Traceback" not in rest
    assert process.returncode == 130


@pytest.mark.parametrize(
    ("broken", "exit_code", "words"),
    [
        ("import no_such_module\n", 4, "no_such_module"),
        ("def broken(:\n", 4, "datasource.py"),
        ("raise RuntimeError('not today')\n", 4, "not today"),
    ],
)
def test_code_that_cannot_work_leaves_the_old_dist(
    plugin: BuiltPlugin, broken: str, exit_code: int, words: str
) -> None:
    before, source = snapshot(plugin.dist), code(plugin)
    good = source.read_text()
    source.write_text(broken + good)
    try:
        code_, said = fails(plugin, "build", "linux")
    finally:
        source.write_text(good)
    assert code_ == exit_code
    assert words in said
    assert "Traceback" not in said
    assert snapshot(plugin.dist) == before


def test_a_module_that_the_table_leaves_out_is_named_with_the_line(plugin: BuiltPlugin) -> None:
    before, source = snapshot(plugin.dist), code(plugin)
    good = source.read_text()
    # Found by the name only, so that no import statement brings it back.
    source.write_text('__import__("pydoc_data")\n' + good)
    try:
        exit_code, said = fails(plugin, "build", "linux")
        assert exit_code == 4
        assert "the built plugin cannot import 'pydoc_data'" in said
        assert 'try: add to pyproject.toml: [tool.plugin-cli] include = ["pydoc_data"]' in said
        assert snapshot(plugin.dist) == before
    finally:
        source.write_text(good)


def test_a_read_only_dist_is_left_as_it_is(plugin: BuiltPlugin) -> None:
    if os.geteuid() != 0:
        pytest.skip("a mount needs root")
    before, source = snapshot(plugin.dist), code(plugin)
    good = source.read_text()
    source.write_text(good + "\n# one more line\n")
    subprocess.run(["mount", "--bind", plugin.dist, plugin.dist], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", plugin.dist], check=True)
        exit_code, said = fails(plugin, "build", "linux")
    finally:
        subprocess.run(["umount", plugin.dist], check=True)
        source.write_text(good)
    assert exit_code == 1
    assert "dist cannot be replaced; it is as it was" in said
    assert "Read-only file system" in said
    assert snapshot(plugin.dist) == before


def test_a_wrong_plugin_json_is_told_before_any_work(plugin: BuiltPlugin) -> None:
    path = plugin.root / "src" / "plugin.json"
    good = path.read_text()
    path.write_text(good.replace('"gpx_weather"', "7"))
    try:
        exit_code, said = fails(plugin, "build", "linux")
    finally:
        path.write_text(good)
    assert exit_code == 4
    assert "found 7" in said


def test_a_target_of_another_system_exits_3(plugin: BuiltPlugin) -> None:
    exit_code, said = fails(plugin, "build", "windows")
    assert exit_code == 3
    assert "windows-latest" in said


def test_a_build_adds_only_the_lockfile_to_the_repository(plugin: BuiltPlugin) -> None:
    assert list((plugin.root / ".plugin-cli" / "wheels").glob("*.whl"))

    status = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"],
        cwd=plugin.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line for line in status.stdout.splitlines() if line.startswith("??")] == ["?? uv.lock"]
