from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plugin_sdk._process.handshake import NOT_EXECUTED_DIRECTLY
from plugin_sdk.client import HOST_VARIABLES
from plugin_sdk.testing import ClientError, LogLine, PluginStartError, settings
from tests.sdk.in_process_server import SECONDS
from tests.sdk.plugins.processes import ROOT, command, environment, process

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="optional: signals and sockets of POSIX")


def run(*arguments: str, stdin: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(**env),
        timeout=SECONDS,
    )


def test_started_by_hand_it_prints_that_it_is_a_plugin() -> None:
    done = run()

    assert (done.returncode, done.stdout, done.stderr) == (1, "", NOT_EXECUTED_DIRECTLY)


def test_the_main_module_without_a_class_prints_its_usage() -> None:
    for arguments in ([], ["no_class"]):
        done = subprocess.run(
            [sys.executable, "-m", "plugin_sdk", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        assert done.returncode == 1
        assert done.stderr == (
            "usage: python -m plugin_sdk [serve] package.module:Class [--listen ADDRESS ...]\n"
        )


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        (
            {"PLUGIN_PROTOCOL_VERSIONS": "1,3"},
            "the host offers protocol versions ['1', '3']; this plugin supports 2",
        ),
        ({"PLUGIN_CLIENT_CERT": "x"}, "the host requires mutual TLS (PLUGIN_CLIENT_CERT)"),
    ],
)
def test_an_unsupported_host_gets_the_reason(variables: dict[str, str], reason: str) -> None:
    done = run(**(HOST_VARIABLES | variables))

    assert (done.returncode, done.stdout) == (1, "")
    assert LogLine.parse(done.stderr.strip()).level == "error"
    assert reason in LogLine.parse(done.stderr.strip()).message


def test_a_process_serves_every_call_and_stops_on_request() -> None:
    lines: list[LogLine] = []
    with process(on_log=lines.append) as plugin:
        answer = plugin.client.query_data([{"station": "oslo"}], settings({"url": "u"}))["A"]
        health = plugin.client.check_health(settings())
        packets = list(plugin.client.run_stream("ticks", settings()))
        metrics = plugin.client.collect_metrics()
        assert plugin.running()
        code = plugin.stop()

    assert answer.frames[0].fields[0].values == ["oslo"]
    assert health.message == f"pid {plugin.pid}"
    assert packets == [0, 1, 2]
    assert "plugins_active_instances 1.0" in metrics
    assert code == 0
    messages = [line.message for line in lines]
    # The author's prints do not reach the stdout that Grafana reads.
    assert "printed while loading" in messages
    assert "printed in a query" in messages
    loaded = next(line for line in lines if line.message == "loaded")
    assert (loaded.level, loaded.fields["module"], loaded.fields["part"]) == ("info", "weather", 1)
    assert "disposed" in messages


def test_the_environment_is_only_what_grafana_sets() -> None:
    with process(env={"GF_VERSION": "13.0.0"}) as plugin:
        response = plugin.client.call_resource("GET", "environment", settings())

    assert b'"GF_VERSION"' in response.body
    assert b'"HOME"' not in response.body


def test_the_socket_is_removed_when_the_process_ends(tmp_path: Path) -> None:
    with process(env={"PLUGIN_UNIX_SOCKET_DIR": str(tmp_path)}) as plugin:
        assert plugin.address.startswith(f"unix:{tmp_path}/plugin")
        assert len(list(tmp_path.iterdir())) == 1

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["d" * 110, "missing"])
def test_without_a_possible_socket_it_serves_on_loopback(tmp_path: Path, folder: str) -> None:
    lines: list[LogLine] = []
    home = tmp_path / folder
    if folder != "missing":
        home.mkdir()
    with process(env={"PLUGIN_UNIX_SOCKET_DIR": str(home)}, on_log=lines.append) as plugin:
        host, _, port = plugin.address.partition(":")
        assert plugin.client.check_health(settings()).status.name == "OK"

    assert host == "127.0.0.1"
    assert 10_000 <= int(port) <= 25_000
    assert any(line.level == "warn" and "loopback TCP" in line.message for line in lines)


def test_code_that_cannot_be_loaded_responds_with_the_reason() -> None:
    with process("tests.sdk.plugins.unloadable:Nothing") as plugin:
        for _ in range(2):
            with pytest.raises(ClientError) as failed:
                plugin.client.subscribe_stream("a", settings())
            assert failed.value.message == (
                "the plugin's code could not be loaded: RuntimeError: no licence (unloadable.py, line 3)"
            )
        health = plugin.client.check_health(settings())
        assert plugin.running()

    assert "no licence" in health.message


def test_sigterm_stops_it_cleanly_and_sigint_is_ignored() -> None:
    lines: list[LogLine] = []
    with process(on_log=lines.append) as plugin:
        plugin.client.check_health(settings())
        os.kill(plugin.pid, signal.SIGINT)
        assert plugin.client.check_health(settings()).status.name == "OK"
        os.kill(plugin.pid, signal.SIGTERM)
        code = plugin.wait(SECONDS)

    assert code == 0
    assert "disposed" in [line.message for line in lines]


def test_a_process_that_ends_during_a_call_fails_the_call() -> None:
    with process() as plugin:
        with pytest.raises(ClientError) as failed:
            plugin.client.call_resource("GET", "exit/7", settings())
        assert failed.value.code == "UNAVAILABLE"
        assert plugin.wait(SECONDS) == 7
        assert not plugin.running()


def test_a_source_backend_has_no_controller_and_is_stopped_by_a_signal() -> None:
    with process(env={"PLUGIN_CLI_SOURCE_BACKEND": "1"}) as plugin:
        plugin.client.check_health(settings())
        assert plugin.stop() == 0


def test_levels_below_the_configured_one_are_not_written() -> None:
    lines: list[LogLine] = []
    with process(env={"GF_PLUGIN_LOG_LEVEL": "warn"}, on_log=lines.append) as plugin:
        plugin.client.query_data([{}], settings())

    assert [line for line in lines if line.level in ("debug", "info")] == []


def test_pydantic_and_the_authors_module_are_loaded_after_the_handshake() -> None:
    with process() as plugin:
        modules = plugin.client.call_resource("GET", "modules", settings()).body

    assert b'"pydantic"' in modules
    assert b'"plugin_cli"' not in modules


def test_prometheus_is_imported_with_the_first_request_for_metrics() -> None:
    with process() as plugin:
        before = plugin.client.call_resource("GET", "modules", settings()).body
        metrics = plugin.client.collect_metrics()
        after = plugin.client.call_resource("GET", "modules", settings()).body

    assert b'"prometheus_client"' not in before
    assert b'"prometheus_client"' in after
    assert 'grpc_method="CallResource"' in metrics  # earlier calls were counted


# Flags


@pytest.mark.parametrize(
    ("flag", "starts"),
    [("-version", "source"), ("--version", "source"), ("-buildinfo", '{"version": "source"')],
)
def test_a_flag_works_without_the_cookie(flag: str, starts: str) -> None:
    done = run(flag)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(starts)


# PluginProcess itself: the errors for programs that are not plugins


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(3)", "the process ended with exit code 3 before its handshake"),
        (
            "print('hello')",
            "expected a handshake line on stdout, got: hello\nnothing may be printed to stdout before serve()",
        ),
        ("print('2|2|tcp|127.0.0.1:1|grpc')", "expected a handshake line on stdout, got: 2|2|tcp|"),
        ("print('1|2|tcp|127.0.0.1:1|netrpc')", "expected a handshake line on stdout, got: 1|2|tcp|"),
        (
            "print('1|3|tcp|127.0.0.1:1|grpc')",
            "the plugin uses protocol version 3, Grafana requires 2",
        ),
    ],
)
def test_a_program_that_is_not_a_plugin_is_reported(code: str, reason: str) -> None:
    from plugin_sdk.testing import PluginProcess

    program = f"import sys\nsys.stderr.write('last words\\n'); sys.stderr.flush()\n{code}"
    with pytest.raises(PluginStartError) as failed, PluginProcess([sys.executable, "-c", program]):
        pass

    assert failed.value.reason.startswith(reason)
    if "exit code" in reason:
        assert failed.value.output == "last words"
        assert str(failed.value) == f"{reason}\nlast words"


def test_a_program_that_prints_nothing_times_out() -> None:
    from plugin_sdk.testing import PluginProcess

    waiting = [sys.executable, "-c", "import time; time.sleep(600)"]
    with (
        pytest.raises(PluginStartError, match=r"no handshake within 0\.2 s"),
        PluginProcess(waiting, timeout_seconds=0.2),
    ):
        pass


def test_a_missing_program_cannot_be_started(tmp_path: Path) -> None:
    from plugin_sdk.testing import PluginProcess

    with (
        pytest.raises(PluginStartError, match="nothing_here cannot be started: No such file"),
        PluginProcess([tmp_path / "nothing_here"]),
    ):
        pass


def test_a_plugin_that_hangs_is_killed() -> None:
    from plugin_sdk.testing import PluginProcess

    program = (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('1|2|tcp|127.0.0.1:1|grpc', flush=True)\ntime.sleep(600)"
    )
    plugin = PluginProcess([sys.executable, "-c", program]).__enter__()

    assert plugin.stop() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("line", "parsed"),
    [
        ("plain", LogLine("debug", "plain")),
        ("[1]", LogLine("debug", "[1]")),
        ('{"a": 1}', LogLine("debug", '{"a": 1}')),
        ('{"@message": "m", "@level": "warn", "@timestamp": "t", "a": 1}', LogLine("warn", "m", {"a": 1})),
        ('{"@message": "m"}', LogLine("debug", "m")),
    ],
)
def test_a_log_line_is_read_as_grafana_reads_it(line: str, parsed: LogLine) -> None:
    assert LogLine.parse(line) == parsed


def test_log_lines_arrive_on_a_separate_thread() -> None:
    names: set[str] = set()
    with process(on_log=lambda _line: names.add(threading.current_thread().name)) as plugin:
        plugin.client.check_health(settings())

    assert names
    assert threading.main_thread().name not in names


def test_metrics_are_complete_immediately_after_the_start() -> None:
    with process() as plugin:
        assert "grpc_server_started_total" in plugin.client.collect_metrics()
