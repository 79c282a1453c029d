"""`dev up --runtime local`: an installed Grafana, played by a server with the same command line and client code."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from plugin_cli.session.record import session_folder
from plugin_cli.system.running import processes_running
from tests.built_plugin import BuiltPlugin
from tests.conformance.build import go_tool
from tests.e2e.dev_tool import DevTool, get, query, until, values
from tests.e2e.installed_standin import InstalledStandin, install_standin

pytestmark = pytest.mark.e2e
LOCAL = ("--runtime", "local")
BUILT = (*LOCAL, "--backend", "dist")


@pytest.fixture
def grafana(tmp_path: Path) -> InstalledStandin:
    if go_tool() is None:
        pytest.skip("go is not installed")
    return install_standin(tmp_path / "installed")


@pytest.fixture
def tool(grafana: InstalledStandin, built_plugin: BuiltPlugin, tmp_path: Path) -> Iterator[DevTool]:
    root = built_plugin.copy(tmp_path / "weather").root
    made = DevTool(root, grafana.on_path() | {"WEATHER_API_KEY": "s3cret"})
    yield made
    made.down()
    assert not processes_running(session_folder(root).path)


def servers(grafana: InstalledStandin) -> list[int]:
    """Return the processes of the installed program."""
    return processes_running(grafana.home)


def test_the_built_plugin_runs_in_it_and_the_installation_stays_as_it_was(
    tool: DevTool, grafana: InstalledStandin
) -> None:
    before = grafana.files()

    up = tool.up(*BUILT)

    url = up["url"]
    health = get(f"{url}api/datasources/uid/weather/health")
    assert (health.status_code, health.json()["status"]) == (200, "OK")
    assert values(url) == [10.0, 20.0]
    assert up["what"] == f"Grafana 12.4.3 ({grafana.home})"
    log = tool.run("dev", "logs").stdout
    assert "Plugin registered" in log
    assert "s3cret" not in log
    tool.down()
    assert grafana.files() == before
    assert servers(grafana) == []


@pytest.mark.parametrize(
    "path", ["$GF_PATHS_PROVISIONING/dashboards", "/etc/grafana/provisioning/dashboards"]
)
def test_provisioned_dashboards_are_there_and_an_edit_shows(tool: DevTool, path: str) -> None:
    file = tool.root / "provisioning" / "dashboards" / "dashboards.yaml"
    file.write_text(re.sub(r"path: .*", f"path: {path}", file.read_text()))
    url = tool.up(*BUILT)["url"]
    dashboard = tool.root / "provisioning" / "dashboards" / "weather.json"
    titles = [found["title"] for found in get(f"{url}api/search").json()]

    dashboard.write_text(dashboard.read_text().replace('"title": "Weather"', '"title": "Edited"'))

    assert titles == ["Weather"]
    assert [found["title"] for found in get(f"{url}api/search").json()] == ["Edited"]


@pytest.mark.nightly
def test_settings_of_another_grafana_lead_it_nowhere(tool: DevTool, tmp_path: Path) -> None:
    theirs = {
        "GF_PATHS_DATA": str(tmp_path / "theirs"),
        "GF_SERVER_HTTP_PORT": "3000",
        "GF_DATABASE_URL": "x",
    }

    url = tool.up(*BUILT, **theirs)["url"]

    assert values(url) == [10.0, 20.0]
    assert not (tmp_path / "theirs").exists()


def test_down_leaves_no_process_and_the_project_as_it_was(tool: DevTool, grafana: InstalledStandin) -> None:
    before = sorted(path for path in tool.root.rglob("*") if ".plugin-cli" not in path.parts)
    tool.up(*BUILT)
    assert len(servers(grafana)) == 1

    tool.down()

    assert servers(grafana) == []
    assert not session_folder(tool.root).path.exists()
    assert sorted(path for path in tool.root.rglob("*") if ".plugin-cli" not in path.parts) == before
    assert tool.run("dev", "status").returncode == 1


def test_the_source_runs_behind_it_and_an_edit_is_live_without_an_error(tool: DevTool) -> None:
    url = tool.up(*LOCAL)["url"]
    assert values(url) == [10.0, 20.0]

    for value in (12.0, 13.0):
        _edit(tool, f"[10.0, {value}]")
        # Every answer on the way is a good one, from the old code or the new.
        until(lambda wanted=value: values(url) == [10.0, wanted])  # type: ignore[misc]
    _edit(tool, "[10.0, 12.0")
    until(lambda: query(url).status_code == 400)
    assert "SyntaxError" in query(url).json()["results"]["A"]["error"]
    _edit(tool, "[10.0, 12.0]")
    until(lambda: query(url).status_code == 200)

    assert "12.0" in tool.run("query", "--json", "--backend", "dev").stdout
    assert json.loads(tool.run("dev", "status", "--json").stdout)["runtime"] == "local"


@pytest.mark.nightly
def test_a_rebuild_replaces_the_running_backend(tool: DevTool) -> None:
    url = tool.up(*BUILT)["url"]
    old = set(processes_running(tool.root / "dist"))
    assert old

    (tool.root / "dist" / "plugin.json").touch()

    until(lambda: not old & set(processes_running(tool.root / "dist")))
    until(lambda: _values_or_none(url) == [10.0, 20.0])
    assert tool.run("dev", "status").returncode == 0


def test_a_plugin_that_does_not_start_is_explained_by_its_own_words(
    tool: DevTool, grafana: InstalledStandin
) -> None:
    executable = next(path for path in (tool.root / "dist").glob("gpx_weather_linux_*") if path.is_file())
    executable.write_text("this is no program\n")

    done = tool.run("dev", "up", *BUILT)

    assert done.returncode == 1
    assert "Grafana runs but did not load the plugin" in done.stderr
    assert "exec format error" in done.stderr
    assert servers(grafana) == []


def test_a_missing_build_is_named_before_anything_is_started(tool: DevTool) -> None:
    for path in (tool.root / "dist").glob("gpx_*"):
        path.unlink()

    done = tool.run("dev", "up", *BUILT)

    assert done.returncode == 4
    assert "plugin-cli build" in done.stderr


def test_a_taken_port_is_a_usage_error(tool: DevTool, grafana: InstalledStandin) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        done = tool.run("dev", "up", *BUILT, "--port", port)

    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr
    assert servers(grafana) == []


def test_a_grafana_that_ends_at_once_is_shown_with_its_last_words(tool: DevTool, tmp_path: Path) -> None:
    broken = install_standin(tmp_path / "broken")
    broken.program.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo grafana version 12.4.3 && exit\necho the disk is upside down\nexit 3\n"
    )

    done = tool.run("dev", "up", *BUILT, "--grafana", str(broken.home))

    assert done.returncode == 1
    assert "the server ended with exit code 3" in done.stderr
    assert "the disk is upside down" in done.stderr


@pytest.mark.nightly
def test_a_server_ended_by_hand_ends_the_session_with_a_sentence(
    tool: DevTool, grafana: InstalledStandin
) -> None:
    with tool.foreground(*BUILT) as running:
        (server,) = servers(grafana)
        os.kill(server, signal.SIGKILL)
        code, said = running.end()

    assert code == 1
    assert "the server ended" in said


@pytest.mark.nightly
def test_ctrl_c_ends_the_server(tool: DevTool, grafana: InstalledStandin) -> None:
    with tool.foreground(*LOCAL) as running:
        assert running.url.startswith("http://127.0.0.1:")
        code, said = running.end(signal.SIGINT)

    assert code == 130, said
    assert servers(grafana) == []


def test_a_crashed_owners_server_is_ended_by_the_next_up_or_down(
    tool: DevTool, grafana: InstalledStandin
) -> None:
    plugins = session_folder(tool.root).path / "grafana" / "plugins"
    for end in (lambda: tool.up(*LOCAL), tool.down):
        session = tool.up(*LOCAL)
        left = {*servers(grafana), *processes_running(plugins)}
        assert len(left) == 2, "the server, and the program that leads it to the source"
        os.kill(session["pid"], signal.SIGKILL)
        until(lambda: tool.run("dev", "status").returncode == 1)

        end()

        assert not left & {*servers(grafana), *processes_running(plugins)}


def test_auto_takes_it_where_no_docker_engine_answers_and_says_why(
    tool: DevTool, grafana: InstalledStandin
) -> None:
    done = tool.run("dev", "up", "--detach", "--json", "--backend", "dist")

    assert done.returncode == 0, done.stderr
    session = json.loads(done.stdout)
    assert (session["runtime"], session["what"]) == ("local", f"Grafana 12.4.3 ({grafana.home})")
    assert "Docker" in session["why"]
    assert f"{session['what']} runs with acme-weather-datasource (backend: dist) because" in done.stderr
    assert session["why"] in tool.run("dev", "status").stderr
    assert "Grafana on this machine: 12.4.3" in tool.run("doctor").stdout


def test_one_that_plugin_json_does_not_allow_is_passed_over_unless_it_is_named(
    tool: DevTool, tmp_path: Path
) -> None:
    old = install_standin(tmp_path / "old", "10.4.0")
    tool.environment |= old.on_path()
    reason = "src/plugin.json does not allow Grafana 10.4.0: grafanaDependency is >=11.6.0"

    passed_over = tool.up("--backend", "dist")
    assert (passed_over["runtime"], reason in passed_over["why"]) == ("preview", True)
    tool.down()
    done = tool.run("dev", "up", "--detach", *BUILT)

    assert (done.returncode, reason in done.stderr) == (0, True)
    assert reason in tool.run("doctor").stdout


@pytest.mark.nightly
def test_two_plugins_run_side_by_side(tool: DevTool, grafana: InstalledStandin, tmp_path: Path) -> None:
    other = DevTool(BuiltPlugin(tool.root).copy(tmp_path / "second").root, tool.environment)
    try:
        one, two = tool.up(*BUILT), other.up(*BUILT)

        assert one["url"] != two["url"]
        assert values(one["url"]) == values(two["url"]) == [10.0, 20.0]
    finally:
        other.down()
    assert len(servers(grafana)) == 1


def _values_or_none(url: str) -> list[float] | None:
    try:
        return values(url) if query(url).status_code == 200 else None
    except httpx.TransportError:
        return None


def _edit(tool: DevTool, sample: str) -> None:
    path = tool.root / "backend" / "weather_datasource" / "datasource.py"
    path.write_text(re.sub(r"values = \[.*", f"values = {sample}", path.read_text()))
