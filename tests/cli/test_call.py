from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plugin_cli import console
from plugin_cli.__main__ import run
from plugin_cli.calls import connect as usecase
from plugin_cli.calls.launch import BackendKind, running_backend
from plugin_cli.console import TerminalConsole
from plugin_cli.errors import ToolFailedError, ToolMissingError
from plugin_cli.project import find_project
from plugin_cli.venv import create as environment
from plugin_sdk.testing import PluginProcess
from tests.source_plugin import SourcePlugin, use_this_python, write_source_plugin

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SourcePlugin:
    use_this_python(monkeypatch)
    # However slow the machine, a start is not worth a word here.
    monkeypatch.setattr(console, "_PATIENCE_SECONDS", 3600)
    monkeypatch.setenv("WEATHER_HOST", "api.example")
    monkeypatch.setenv("WEATHER_API_KEY", "0123456789")
    plugin = write_source_plugin(tmp_path / "weather")
    monkeypatch.chdir(plugin.root / "backend")
    return plugin


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginProcess]:
    """One running backend, for what only its answers matter to."""
    root = tmp_path_factory.mktemp("warm")
    write_source_plugin(root)
    with pytest.MonkeyPatch.context() as patch:
        use_this_python(patch)
        with running_backend(find_project(root), BackendKind.SOURCE, TerminalConsole()) as (_, process):
            yield process


@pytest.fixture(scope="module")
def warm_of_intervals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginProcess]:
    """One running backend that answers the interval of a query instead of its points."""
    root = tmp_path_factory.mktemp("intervals")
    write_source_plugin(root)
    (source,) = root.glob("backend/*/datasource.py")
    source.write_text(source.read_text().replace("query.max_data_points", "query.interval_ms"))
    with pytest.MonkeyPatch.context() as patch:
        use_this_python(patch)
        with running_backend(find_project(root), BackendKind.SOURCE, TerminalConsole()) as (_, process):
            yield process


@pytest.fixture
def warm_interval(call: Any, warm_of_intervals: PluginProcess, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command against the backend that answers intervals."""

    @contextmanager
    def already_running(*_arguments: Any) -> Iterator[tuple[BackendKind, PluginProcess]]:
        yield BackendKind.SOURCE, warm_of_intervals

    monkeypatch.setattr(usecase, "running_backend", already_running)
    return call


@pytest.fixture
def warm_call(call: Any, warm: PluginProcess, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command against the running backend instead of a new one."""

    @contextmanager
    def already_running(*_arguments: Any) -> Iterator[tuple[BackendKind, PluginProcess]]:
        yield BackendKind.SOURCE, warm

    monkeypatch.setattr(usecase, "running_backend", already_running)
    return call


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command; return exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run([*arguments])
        captured = capsys.readouterr()
        # Which backend answered has a test of its own.
        return code, captured.out, captured.err.removeprefix("backend: the source\n")

    return call


# health


def test_health_says_ok_with_the_provisioned_settings(call: Any) -> None:
    assert call("health") == (0, "OK: http://api.example/ with 10 characters\n", "")


def test_health_loads_nothing_that_it_does_not_need() -> None:
    """Each of these takes as long to import as the call itself."""
    code = (
        "import sys; from pathlib import Path; from plugin_cli.venv import create;"
        "create.ensure_environment = lambda *_: Path(sys.executable);"
        "from plugin_cli.__main__ import run; code = run(['health', '--backend', 'source']);"
        "print(*sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "OK: http://api.example" in done.stdout
    loaded = set(done.stdout.split())
    assert "grpc" in loaded
    unneeded = {"rich", "urllib.request", "watchfiles", "httpx", "numpy", "docker"}
    assert loaded.isdisjoint(unneeded), sorted(loaded & unneeded)


def test_health_that_is_not_ok_exits_1(warm_call: Any) -> None:
    assert warm_call("health", "--datasource", "Bare") == (1, "ERROR: no URL\n", "")


def test_health_as_json(warm_call: Any) -> None:
    code, out, err = warm_call("health", "--json", "--datasource", "Bare")

    assert (code, err) == (1, "")
    assert json.loads(out) == {"status": "ERROR", "message": "no URL", "details": {"key": "url"}}
    assert json.loads(warm_call("health", "--json")[1])["details"] is None


def test_settings_of_a_file_stand_in_for_provisioning(warm_call: Any, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(
        '{"jsonData": {"url": "http://file/"}, "secureJsonData": {"api_key": "$WEATHER_API_KEY"}}'
    )

    assert warm_call("health", "--settings", str(file)) == (0, "OK: http://file/ with 10 characters\n", "")


# query


def test_a_query_is_shown_as_plot_and_table(warm_call: Any) -> None:
    code, out, err = warm_call("query", "station=oslo", "rows=20")

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "A: weather, 3 fields, 20 rows"
    assert any("█" in line for line in lines)
    assert any(line.strip().startswith("oslo") for line in lines)
    assert any("2026-01-01 00:19:00" in line for line in lines)
    assert sum("..." in line for line in lines) == 1


def test_a_query_as_json_is_grafanas_own_answer(warm_call: Any) -> None:
    code, out, err = warm_call("query", "--json", "--points", "7", "rows=2")

    assert (code, err) == (0, "")
    answer = json.loads(out)["results"]["A"]
    assert answer["status"] == 200
    assert answer["frames"][0]["data"]["values"][1:] == [[0, 1], [7, 7]]


def test_a_query_with_an_error_exits_1(warm_call: Any) -> None:
    assert warm_call("query", "fail=true") == (1, "A: error (downstream, 503): the station is closed\n", "")

    code, out, _ = warm_call("query", "fail=true", "--json")
    assert code == 1
    assert json.loads(out)["results"]["A"] == {
        "status": 503,
        "frames": [],
        "error": "the station is closed",
        "errorSource": "downstream",
    }


def test_a_query_without_rows_says_so(warm_call: Any) -> None:
    assert warm_call("query", "rows=0") == (0, "A: no data\n", "")


def test_queries_of_a_file_are_run_together(warm_call: Any, tmp_path: Path) -> None:
    file = tmp_path / "queries.json"
    file.write_text('[{"refId": "X", "station": "oslo"}, {"station": "rome"}]')
    code, out, _ = warm_call("query", "--json", "--file", str(file), "--range", "6h", "rows=1")

    results = json.loads(out)["results"]
    assert code == 0
    assert {ref: answer["frames"][0]["schema"]["fields"][1]["name"] for ref, answer in results.items()} == {
        "X": "oslo",
        "B": "rome",
    }


def test_a_mistyped_field_is_refused_with_those_there_are(warm_call: Any) -> None:
    assert warm_call("query", "sation=oslo") == (
        1,
        "A: error (downstream, 400): the query has no field 'sation'; allowed: fail, rows, station; "
        "did you mean 'station'?\n",
        "",
    )


def test_an_error_nobody_raised_on_purpose_names_the_authors_line(warm_call: Any) -> None:
    code, out, _ = warm_call("query", "rows=-1")

    assert code == 1
    assert re.fullmatch(r"A: error \(plugin, 500\): .+ \(datasource\.py, line \d+\)\n", out), out


# resource


def test_a_resource_as_json(warm_call: Any) -> None:
    code, out, err = warm_call("resource", "stations", "--json")

    assert (code, err) == (0, "")
    assert json.loads(out)["status"] == 200
    assert json.loads(out)["body"] == ["all"]


def test_a_resource_is_printed_and_its_status_told(warm_call: Any) -> None:
    assert warm_call("resource", "stations?region=north") == (0, '["north"]\n', "200\n")


def test_a_resource_takes_parameters_as_a_query_takes_fields(warm_call: Any) -> None:
    assert warm_call("resource", "stations", "region=north") == (0, '["north"]\n', "200\n")
    assert warm_call("resource", "stations?region=south", "region=New York & more") == (
        0,
        '["New York & more"]\n',
        "200\n",
    )
    code, _, err = warm_call("resource", "stations", "north")
    assert (code, err.splitlines()[0]) == (2, "error: 'north' gives no parameter a value")


def test_a_body_is_sent_as_json(warm_call: Any, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text('{"a": 1}')

    assert warm_call("resource", "/echo", "-X", "post", "-d", f"@{file}") == (
        0,
        json.dumps(["application/json", '{"a": 1}']) + "\n",
        "200\n",
    )


def test_a_resource_over_399_exits_1(warm_call: Any) -> None:
    code, out, err = warm_call("resource", "nothing")

    assert (code, err) == (1, "404\n")
    assert (
        json.loads(out)["error"] == "no resource 'nothing'; available: GET /exit, GET /stations, POST /echo"
    )


# stream and metrics


def test_a_channel_is_printed_as_lines_of_json_until_the_limit(warm_call: Any) -> None:
    assert warm_call("stream", "ticks", "-n", "3") == (0, '{"n": 0}\n{"n": 1}\n{"n": 2}\n', "")


def test_a_channel_that_ends_ends_the_command(warm_call: Any) -> None:
    assert warm_call("stream", "two", "--limit", "5") == (0, "1\n2\n", "")


def test_what_is_shown_first_is_printed_first(call: Any, plugin: SourcePlugin) -> None:
    plugin.write(
        "backend/weather/datasource.py",
        "from plugin_sdk import DataSource, SubscribeStreamResponse\n"
        "class Weather(DataSource):\n"
        "    def subscribe_stream(self, request): return SubscribeStreamResponse(initial_data={'first': 1})\n"
        "    def run_stream(self, request): yield {'then': 2}\n",
    )

    assert call("stream", "a") == (0, '{"first": 1}\n{"then": 2}\n', "")


def test_a_channel_that_breaks_says_why(warm_call: Any) -> None:
    assert warm_call("stream", "broken") == (
        1,
        "1\n",
        "error: the call failed\n  UNKNOWN: the feed ended\n  try: run again with --verbose\n",
    )


def test_a_channel_that_is_not_there_cannot_be_opened(warm_call: Any) -> None:
    assert warm_call("stream", "other") == (
        1,
        "",
        "error: the channel 'other' cannot be opened\n"
        "  the plugin answers NOT_FOUND: no channel 'other'; available: broken, ticks, two\n",
    )


def test_metrics_are_printed(call: Any) -> None:
    code, out, err = call("metrics")

    assert (code, err) == (0, "")
    assert "# HELP grpc_server_started_total" in out


def test_metrics_as_json(warm_call: Any) -> None:
    warm_call("health")
    found = json.loads(warm_call("metrics", "--json")[1])["metrics"]

    (started,) = [family for family in found if family["name"] == "grpc_server_started"]
    assert started["type"] == "counter"
    assert {sample["name"] for sample in started["samples"]} >= {"grpc_server_started_total"}


def test_which_backend_answered_is_said_where_nobody_chose_one(
    warm: PluginProcess, warm_call: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["health"]) == 0
    assert capsys.readouterr().err == "backend: the source\n"
    assert run(["health", "--backend", "source"]) == 0
    assert capsys.readouterr().err == ""


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ["health", "--backend", "dis"],
            "error: --backend does not take 'dis'\n  allowed: auto, source, dist, dev\n  try: --backend dist\n",
        ),
        (
            ["query", "--range", "soon"],
            "error: --range does not take 'soon'\n  expected a number and ms, s, m, h, d or w\n"
            "  try: --range 6h\n",
        ),
        (
            ["query", "station"],
            "error: 'station' gives no field a value\n  expected FIELD=VALUE\n"
            "  try: plugin-cli query station=berlin\n",
        ),
        (["health", "--settings", "no.yaml"], "error: --settings: no.yaml does not exist\n"),
        (
            ["health", "--datasource", "x"],
            "error: --datasource: no provisioned data source 'x'\n  there are: Weather, Bare\n",
        ),
    ],
)
def test_a_wrong_argument_exits_2_and_names_what_is_right(
    call: Any, arguments: list[str], error: str
) -> None:
    assert call(*arguments) == (2, "", error)


def test_an_unknown_flag_exits_2(call: Any) -> None:
    code, out, err = call("health", "--nonsense")

    assert (code, out) == (2, "")
    assert "--nonsense" in err


def test_a_tool_that_is_missing_exits_3(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_project: Any, _console: Any) -> Path:
        raise ToolMissingError("uv is missing", why="looked everywhere", remedy="pip install uv")

    monkeypatch.setattr(environment, "ensure_environment", missing)

    assert call("health") == (
        3,
        "",
        "error: uv is missing\n  looked everywhere\n  try: pip install uv\n",
    )


def test_outside_a_plugin_it_exits_4(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert call("health") == (
        4,
        "",
        f"error: {tmp_path} is not inside a plugin repository\n"
        "  no src/plugin.json here or in any folder above\n"
        "  try: plugin-cli create   (or change into the plugin's folder)\n",
    )


def test_a_plugin_that_is_not_built_exits_4(call: Any, plugin: SourcePlugin) -> None:
    code, out, err = call("health", "--backend", "dist")

    assert (code, out) == (4, "")
    assert err.startswith(f"error: {plugin.root / 'dist' / 'gpx_weather_'}")
    assert err.endswith(
        " does not exist\n  the plugin was not built for this machine\n  try: plugin-cli build\n"
    )


def test_a_tool_that_failed_exits_5_with_its_last_words(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(_project: Any, _console: Any) -> Path:
        raise ToolFailedError(
            "the environment cannot be made", command=["uv", "pip install"], returncode=2, output="no space\n"
        )

    monkeypatch.setattr(environment, "ensure_environment", failed)

    assert call("health") == (
        5,
        "",
        "error: the environment cannot be made\n  uv 'pip install'\n  ended with exit code 2\n  no space\n",
    )


def test_a_backend_that_does_not_start_exits_1_with_what_it_printed(call: Any, plugin: SourcePlugin) -> None:
    plugin.write(
        "backend/weather/__main__.py",
        'import sys\nsys.stderr.write("no licence\\n")\nsys.exit(9)\nserve("weather.datasource:Weather")\n',
    )

    assert call("health") == (
        1,
        "",
        "error: the backend of acme-weather-datasource did not start (source)\n"
        "  the process ended with exit code 9 before its handshake\n  no licence\n  try: plugin-cli doctor\n",
    )


def test_code_that_cannot_be_loaded_is_told_with_its_place(call: Any, plugin: SourcePlugin) -> None:
    plugin.write("backend/weather/datasource.py", "import nothing_here\n")
    reason = "the plugin's code could not be loaded: ModuleNotFoundError: No module named 'nothing_here'"

    remedy = (
        "add the package that provides it to dependencies in pyproject.toml, "
        "then save or run the command again, which updates the environment"
    )

    assert call("health") == (1, f"ERROR: {reason} (datasource.py, line 1); {remedy}\n", "")


def test_a_backend_that_ends_during_the_call_exits_1(call: Any) -> None:
    code, out, err = call("resource", "exit")

    assert (code, out) == (1, "")
    assert err.startswith("error: the backend ended during the call\n  ")
    assert err.endswith("\n  try: run again with --verbose\n")


def test_what_the_class_does_not_define_is_named(call: Any, plugin: SourcePlugin) -> None:
    plugin.write(
        "backend/weather/datasource.py",
        "from plugin_sdk import DataSource\nclass Weather(DataSource): pass\n",
    )

    assert call("query") == (
        1,
        "",
        "error: this plugin does not implement queries\n  try: define the handler in the class\n",
    )


def test_verbose_shows_the_backends_log_and_its_tracebacks(call: Any) -> None:
    code, out, err = call("query", "fail=true", "rows=1", "--verbose")

    assert code == 1
    assert "debug Plugin Request Started" in err
    assert "endpoint=queryData" in err
    assert "error Partial data response error" in err
    assert "0123456789" not in err + out


def test_verbose_shows_the_traceback_of_the_tools_own_error(warm_call: Any) -> None:
    code, _, err = warm_call("stream", "other", "--verbose")

    assert code == 1
    assert "Traceback (most recent call last)" in err
    assert err.endswith("no channel 'other'; available: broken, ticks, two\n")


# The boundary


def test_a_command_that_is_interrupted_exits_130(plugin: SourcePlugin) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from plugin_cli.venv import create as environment\n"
        "environment.ensure_environment = lambda project, console: Path(sys.executable)\n"
        "from plugin_cli.__main__ import main\n"
        "sys.argv = ['plugin-cli', 'stream', 'ticks']\nmain()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=plugin.root,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline()) == {"n": 0}
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in err


def test_an_interrupt_before_the_command_begins_exits_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_with(KeyboardInterrupt(), monkeypatch) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(("code", "expected"), [(None, 0), (3, 3), ("words", 1)])
def test_exit_codes_are_numbers(monkeypatch: pytest.MonkeyPatch, code: Any, expected: int) -> None:
    assert run_with(SystemExit(code), monkeypatch) == expected


def test_a_command_that_returns_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_with(None, monkeypatch) == 0


def run_with(raised: BaseException | None, monkeypatch: pytest.MonkeyPatch) -> int:
    import plugin_cli.cli.registry as module

    def app(*_arguments: Any, **_named: Any) -> None:
        if raised is not None:
            raise raised

    monkeypatch.setattr(module, "app", app)
    return run([])


@pytest.fixture
def python() -> Any:
    def start(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "plugin_cli", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            **options,
        )

    return start


def test_the_module_is_the_command(python: Any) -> None:
    done = python("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("plugin-cli ")


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "import plugin_cli.cli.registry as module\n"
        "def app(*a, **k):\n"
        "    os.write(1, b'first\\n'); sys.stdin.read(1); sys.stdout.write('x' * 200_000); sys.stdout.flush()\n"
        "module.app = app\n"
        "from plugin_cli.__main__ import main\nmain()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "first\n"
    process.stdout.close()
    process.stdin.write("x")
    process.stdin.close()
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(60) == 1
    assert err == ""


@pytest.mark.parametrize(
    ("span", "points", "interval"),
    [
        ("1h", "100", 30_000),
        ("7d", "100", 7_200_000),
        ("30d", "100", 21_600_000),
        ("52w", "10", 2_592_000_000),
    ],
)
def test_a_query_has_the_interval_that_a_panel_of_grafana_has(
    warm_interval: Any, span: str, points: str, interval: int
) -> None:
    code, out, _ = warm_interval("query", "--json", "--range", span, "--points", points, "rows=1")

    (frame,) = json.loads(out)["results"]["A"]["frames"]
    assert (code, frame["data"]["values"][2]) == (0, [interval])
