"""`dev up --runtime preview` on a real plugin: its own environment, its own process, real gRPC."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.built_plugin import run_tool
from tests.e2e.dev_tool import DevTool, get, query, until, values

pytestmark = pytest.mark.e2e
PREVIEW = ("--runtime", "preview")


@pytest.fixture(scope="module")
def scaffold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dev")
    run_tool("create", "weather", "--name", "Weather", "--org", "acme", "--backend", "--defaults", cwd=folder)
    return folder / "weather"


@pytest.fixture
def tool(scaffold: Path) -> Iterator[DevTool]:
    made = DevTool(scaffold)
    yield made
    made.down()


def source(tool: DevTool) -> Path:
    return tool.root / "backend" / "weather_datasource" / "datasource.py"


def test_the_page_and_grafanas_routes_answer(tool: DevTool) -> None:
    url = tool.up(*PREVIEW, WEATHER_API_KEY="s3cret-key")["url"]

    assert url.startswith("http://127.0.0.1:")
    assert "Plugin preview" in get(url).text
    start = get(f"{url}api/preview").json()
    assert set(start["schema"]["query"]["properties"]) == {"station"}
    assert get(url + start["module"]).text.count("define(") == 1
    assert get(f"{url}public/plugins/acme-weather-datasource/img/logo.svg").status_code == 200
    assert get(f"{url}api/datasources/uid/weather").json()["secureJsonFields"] == {"api_key": True}
    health = get(f"{url}api/datasources/uid/weather/health")
    assert (health.status_code, health.json()["status"]) == (200, "OK")
    assert values(url) == [10.0, 20.0]
    assert get(f"{url}api/datasources/uid/weather/resources/stations").json() == ["berlin", "lisbon", "oslo"]
    assert "grafana_plugin_request_total" in get(f"{url}metrics/plugins/acme-weather-datasource").text


def test_the_provisioned_alert_rule_fires_until_the_sample_ends_at_12(tool: DevTool) -> None:
    url = tool.up(*PREVIEW)["url"]

    def rule() -> dict[str, Any]:
        (found,) = get(f"{url}api/preview/alerts").json()["rules"]
        return dict(found)

    assert (rule()["title"], rule()["state"]) == ("Last value is above 15", "Alerting")
    text = source(tool).read_text()
    try:
        source(tool).write_text(text.replace("[10.0, 20.0]", "[10.0, 12.0]"))
        until(lambda: rule()["state"] == "Normal")  # it is evaluated every 10 seconds
    finally:
        source(tool).write_text(text)
    turns = [step["state"] for step in rule()["history"]]
    assert (turns[0], turns[-1]) == ("Alerting", "Normal")


def test_an_edit_of_a_model_is_in_the_editors_and_one_they_cannot_show_is_told(tool: DevTool) -> None:
    url = tool.up(*PREVIEW)["url"]
    models = tool.root / "backend" / "weather_datasource" / "models.py"
    text = models.read_text()

    def module() -> str:
        return get(f"{url}public/plugins/acme-weather-datasource/module.js").text

    def reason() -> str:
        return str(get(f"{url}api/preview").json().get("schemaError", ""))

    try:
        models.write_text(text + '    depth: int = Field(3, title="Depth of snow")\n')
        until(lambda: "Depth of snow" in module())
        assert "depth" in get(f"{url}api/preview").json()["schema"]["query"]["properties"]
        models.write_text(text + "    hide: int = 3\n")
        until(lambda: "query.hide: Grafana keeps a value of its own under this name" in reason())
        assert "Depth of snow" in module()  # the last that could be shown
    finally:
        models.write_text(text)
    until(lambda: reason() == "" and "Depth of snow" not in module())


def test_a_build_of_a_model_that_cannot_be_shown_is_refused_before_it_collects(tool: DevTool) -> None:
    models = tool.root / "backend" / "weather_datasource" / "models.py"
    text = models.read_text()
    try:
        models.write_text(text + "    hide: int = 3\n")
        done = tool.run("build")
    finally:
        models.write_text(text)

    assert done.returncode == 4, done.stderr
    assert "query.hide: Grafana keeps a value of its own under this name" in done.stderr
    assert "collecting" not in done.stderr
    assert not (tool.root / "dist").exists()


def test_a_missing_secret_is_named_and_no_secret_is_ever_logged(tool: DevTool) -> None:
    url = tool.up(*PREVIEW, WEATHER_API_KEY="")["url"]

    health = get(f"{url}api/datasources/uid/weather/health")

    assert (health.status_code, health.json()) == (400, {"status": "ERROR", "message": "API key is required"})
    tool.down()
    url = tool.up(*PREVIEW, WEATHER_API_KEY="s3cret-key")["url"]
    assert get(f"{url}api/datasources/uid/weather/health").status_code == 200
    logs = tool.run("dev", "logs", "--json").stdout
    kept = [path for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*") if path.is_file()]
    assert "checkHealth" in logs
    assert not [path for path in kept if b"s3cret-key" in path.read_bytes()]


def test_a_second_up_finds_the_first_and_status_tells(tool: DevTool) -> None:
    first = tool.up(*PREVIEW)
    second = tool.up(*PREVIEW)

    assert (second["url"], second["pid"], second["found"]) == (first["url"], first["pid"], True)
    status = tool.run("dev", "status", "--json")
    assert status.returncode == 0
    told = json.loads(status.stdout)
    assert (told["running"], told["answers"], told["runtime"], told["url"]) == (
        True,
        True,
        "preview",
        first["url"],
    )


def test_a_session_is_ended_whatever_became_of_plugin_json(tool: DevTool) -> None:
    path = tool.root / "src" / "plugin.json"
    text = path.read_text()
    tool.up(*PREVIEW)
    try:
        path.write_text(text.replace("acme-weather-datasource", "acme-other-datasource"))
        assert tool.run("dev", "status").stdout.startswith("preview")
        path.write_text("{")
        assert tool.run("dev", "logs", "--tail", "1").returncode == 0
        assert "stopped" in tool.run("dev", "down").stderr
    finally:
        path.write_text(text)
    assert "nothing runs" in tool.run("dev", "status").stderr


def test_down_leaves_no_process_and_no_file(tool: DevTool) -> None:
    session = tool.up(*PREVIEW)

    done = tool.run("dev", "down")

    assert (done.returncode, done.stdout) == (0, "")
    assert not _alive(session["pid"])
    assert not list((Path(os.environ["XDG_CACHE_HOME"]) / "plugin-cli" / "dev").glob("weather-*"))
    assert tool.run("dev", "status").returncode == 1
    assert tool.run("dev", "down").returncode == 0


def test_an_edit_is_live_a_wrong_one_says_its_line_and_the_next_good_one_heals(tool: DevTool) -> None:
    url = tool.up(*PREVIEW)["url"]
    text = source(tool).read_text()
    try:
        source(tool).write_text(text.replace("[10.0, 20.0]", "[10.0, 12.0]"))
        until(lambda: values(url) == [10.0, 12.0])
        source(tool).write_text(text.replace("[10.0, 20.0]", "[10.0, 12.0"))
        until(lambda: query(url).status_code == 400)
        error = query(url).json()["results"]["A"]["error"]
        assert "SyntaxError" in error
        assert "datasource.py, line" in error
        _says_what_is_wrong(tool, error)
    finally:
        source(tool).write_text(text)
    until(lambda: query(url).status_code == 200)
    assert values(url) == [10.0, 20.0]


def _says_what_is_wrong(tool: DevTool, error: str) -> None:
    until(lambda: json.loads(tool.run("dev", "status", "--json").stdout)["error"] is not None)
    told = json.loads(tool.run("dev", "status", "--json").stdout)
    assert (told["loaded"], told["error"]["message"]) == (False, error)
    assert told["error"]["file"] == str(source(tool))
    assert f"\n  {source(tool)}:{told['error']['line']}\n" in tool.run("dev", "status").stderr
    entries = [json.loads(line) for line in tool.run("dev", "logs", "--json").stdout.splitlines()]
    (reason,) = [
        entry["fields"]["reason"] for entry in entries if entry["message"] == "the backend does not run"
    ]
    assert reason == error


def test_a_backend_that_is_killed_is_started_again(tool: DevTool) -> None:
    session = tool.up(*PREVIEW)
    # The one that waits is to take over.
    (backend,) = [child for child in _children(session["pid"]) if b"--standby" not in _command_line(child)]

    os.kill(backend, signal.SIGKILL)

    until(lambda: not _alive(backend) and query(session["url"]).status_code == 200)


def test_a_plugin_that_crashes_at_start_says_so_until_it_is_fixed(tool: DevTool) -> None:
    url = tool.up(*PREVIEW)["url"]
    text = source(tool).read_text()
    reason = "the backend's process ended while it loaded the plugin's code (exit code 7)"
    try:
        source(tool).write_text(f"import os\nos._exit(7)\n{text}")
        until(lambda: reason in query(url).text)
        until(lambda: reason in tool.run("dev", "status").stderr)
        assert reason in tool.run("health", "--backend", "dev").stderr
    finally:
        source(tool).write_text(text)
    until(lambda: query(url).status_code == 200)


def test_commands_call_the_sessions_backend_and_other_users_do_not(tool: DevTool) -> None:
    url = tool.up(*PREVIEW)["url"]

    done = tool.run("query", "--json", "--range", "6h", WEATHER_API_KEY="k")
    assert json.loads(done.stdout)["results"]["A"]["frames"][0]["data"]["values"][1] == [10.0, 20.0]
    (record,) = (Path(os.environ["XDG_CACHE_HOME"]) / "plugin-cli" / "dev").glob("weather-*/backend.json")
    socket_path = Path(json.loads(record.read_text())["address"].removeprefix("unix:"))
    # Other users of this machine enter neither the folder with the socket nor that with the log.
    assert [path.stat().st_mode & 0o777 for path in (socket_path.parent, record.parent)] == [0o700, 0o700]
    told = tool.run("health", WEATHER_API_KEY="k")
    assert (told.returncode, told.stderr) == (
        0,
        f"backend: the running session's (source), {url.partition('?')[0]}\n",
    )


def test_a_crashed_owner_is_cleaned_by_the_next(tool: DevTool) -> None:
    session = tool.up(*PREVIEW)
    children = _children(session["pid"])
    os.kill(session["pid"], signal.SIGKILL)
    until(lambda: not _alive(session["pid"]))

    assert "crashed" in tool.run("dev", "status").stderr
    until(lambda: not any(_alive(child) for child in children))
    second = tool.up(*PREVIEW)
    assert second["found"] is False
    assert values(second["url"]) == [10.0, 20.0]


def test_ctrl_c_ends_the_foreground_with_130_and_leaves_nothing(tool: DevTool) -> None:
    with tool.foreground(*PREVIEW) as running:
        children = _children(running.process.pid)
        assert values(running.url) == [10.0, 20.0]

        code, said = running.end(signal.SIGINT)

    assert code == 130, said
    assert not any(_alive(child) for child in children)
    assert tool.run("dev", "status").returncode == 1


def test_sigterm_ends_the_foreground_cleanly(tool: DevTool) -> None:
    with tool.foreground(*PREVIEW) as running:
        code, said = running.end(signal.SIGTERM)

    assert code == 0, said


def test_a_taken_port_is_a_usage_error_detached_too(tool: DevTool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for detach in ([], ["--detach"]):
            done = tool.run("dev", "up", *PREVIEW, *detach, "--port", port)

            assert done.returncode == 2
            assert done.stderr.count(f"port {port} on 127.0.0.1 is taken") == 1
    assert tool.run("dev", "status").returncode == 1


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--runtime", "dokcer"], 2, "allowed: auto, docker, local, preview"),
        (["--backend", "go"], 2, "allowed: source, dist"),
        (["--runtime", "preview", "--backend", "dist"], 4, "plugin-cli build"),
        (["--runtime", "preview", "--settings", "none.yaml"], 2, "none.yaml does not exist"),
        (["--runtime", "preview", "--port", "0"], 2, "allowed: 1 to 65535"),
    ],
)
def test_what_cannot_be_started_is_one_sentence(
    tool: DevTool, flags: list[str], code: int, words: str
) -> None:
    for detach in ([], ["--detach"]):
        done = tool.run("dev", "up", *flags, *detach)

        assert done.returncode == code, done.stderr
        assert done.stderr.count("error: ") == 1
        assert words in done.stderr
        assert done.stdout == ""


def test_the_debugger_is_named_where_the_environment_lacks_it(tool: DevTool) -> None:
    project = tool.root / "pyproject.toml"
    text = project.read_text()
    project.write_text(re.sub(r'"debugpy[^"]*", *', "", text))
    try:
        done = tool.run("dev", "up", *PREVIEW, "--debugpy", "--detach")
    finally:
        project.write_text(text)

    assert done.returncode == 4, done.stderr
    assert 'add "debugpy"' in done.stderr


def test_a_debugger_attaches_and_an_edit_keeps_its_port(tool: DevTool) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    project = tool.root / "pyproject.toml"
    if "debugpy" not in project.read_text():
        project.write_text(project.read_text().replace("dev = [", 'dev = ["debugpy", '))
    url = tool.up(*PREVIEW, "--debugpy", "--debug-port", str(port))["url"]

    assert _debugger_speaks(port)
    text = source(tool).read_text()
    try:
        source(tool).write_text(text.replace("[10.0, 20.0]", "[10.0, 11.0]"))
        until(lambda: values(url) == [10.0, 11.0])
        until(lambda: _debugger_speaks(port))
    finally:
        source(tool).write_text(text)


def _debugger_speaks(port: int) -> bool:
    """Ask for the capabilities as an editor does, in the Debug Adapter Protocol."""
    body = json.dumps(
        {"seq": 1, "type": "request", "command": "initialize", "arguments": {"adapterID": "test"}}
    )
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.settimeout(10)
            connection.sendall(f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            return b"Content-Length" in connection.recv(4096)
    except OSError:
        return False


def test_settings_from_a_file_replace_provisioning(tool: DevTool, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"jsonData": {"url": ""}, "secureJsonData": {"api_key": "k"}}')

    url = tool.up(*PREVIEW, "--settings", str(tmp_path / "mine.json"))["url"]

    health = get(f"{url}api/preview").json()["datasource"]["uid"]
    assert get(f"{url}api/datasources/uid/{health}/health").status_code == 200


def test_settings_follow_their_file(tool: DevTool) -> None:
    url = tool.up(*PREVIEW, WEATHER_API_KEY="k")["url"]
    (path,) = (tool.root / "provisioning" / "datasources").glob("*.yaml")
    text = path.read_text()
    try:
        path.write_text(text.replace("jsonData:", "jsonData:\n      extra: here", 1))
        until(lambda: get(f"{url}api/datasources/uid/weather").json()["jsonData"].get("extra") == "here")
        path.write_text("datasources: [")
        until(lambda: "settingsError" in get(f"{url}api/preview").json())
        assert f"{path} cannot be read" in get(f"{url}api/preview").json()["settingsError"]
        assert get(f"{url}api/datasources/uid/weather/health").status_code == 200
    finally:
        path.write_text(text)
    until(lambda: "settingsError" not in get(f"{url}api/preview").json())


def test_logs_are_filtered_by_level(tool: DevTool) -> None:
    url = tool.up(*PREVIEW, WEATHER_API_KEY="k")["url"]
    query(url)

    everything = [json.loads(line)["level"] for line in tool.run("dev", "logs", "--json").stdout.splitlines()]
    info = [
        json.loads(line)["level"]
        for line in tool.run("dev", "logs", "--json", "--level", "info").stdout.splitlines()
    ]

    assert "debug" in everything
    assert info
    assert "debug" not in info
    assert tool.run("dev", "logs", "--level", "loud").returncode == 2


def test_without_docker_auto_says_so_and_runs_the_preview(tool: DevTool, tmp_path: Path) -> None:
    done = tool.run("dev", "up", "--detach", "--json", DOCKER_HOST=f"unix://{tmp_path / 'none.sock'}")

    assert done.returncode == 0
    assert json.loads(done.stdout)["runtime"] == "preview"
    assert (
        "engine does not answer; no Grafana is installed on this machine: running the embedded preview"
        in done.stderr
    )


def test_with_docker_asked_for_it_does_not_run_the_preview(tool: DevTool, tmp_path: Path) -> None:
    done = tool.run("dev", "up", "--runtime", "docker", DOCKER_HOST=f"unix://{tmp_path / 'none.sock'}")

    assert done.returncode == 3
    assert done.stderr.startswith("error: Docker is installed, but its engine does not answer")


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def _command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]
