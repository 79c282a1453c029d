"""`dev up --runtime docker` against an engine of its own.

No image can be fetched where these run, so Grafana is played by a server that loads plugins with the same client
code, in an image without a shell, a C library or anything else: what starts there starts in every image.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import docker
import httpx
import pytest

from tests.built_plugin import BuiltPlugin
from tests.docker_engine import Engine, engine, need_engine
from tests.e2e.dev_tool import DevTool, get, query, until, values
from tests.e2e.engines import RUNTIME as DOCKER
from tests.e2e.engines import client_of, containers, engine_with_standin
from tests.e2e.standin_image import IMAGE

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


@pytest.fixture(scope="module")
def running_engine() -> Iterator[Engine]:
    need_engine()
    with engine_with_standin(engine()) as running:
        yield running


@pytest.fixture
def client(running_engine: Engine) -> Iterator[docker.DockerClient]:
    with client_of(running_engine) as made:
        yield made


@pytest.fixture
def tool(running_engine: Engine, built_plugin: BuiltPlugin, tmp_path: Path) -> Iterator[DevTool]:
    root = built_plugin.copy(tmp_path / "weather").root
    made = DevTool(root, {"DOCKER_HOST": running_engine.address, "WEATHER_API_KEY": "s3cret"})
    yield made
    made.down()


def test_the_built_plugin_runs_in_the_container_and_is_reached_on_loopback_only(
    tool: DevTool, client: docker.DockerClient
) -> None:
    url = tool.up(*DOCKER, "--backend", "dist")["url"]

    (container,) = containers(client)
    published = container.attrs["NetworkSettings"]["Ports"]["3000/tcp"]
    assert [binding["HostIp"] for binding in published] == ["127.0.0.1"]
    assert all(not mount["RW"] for mount in container.attrs["Mounts"])
    health = get(f"{url}api/datasources/uid/weather/health")
    assert (health.status_code, health.json()["status"]) == (200, "OK")
    assert values(url) == [10.0, 20.0]
    assert "Plugin registered" in tool.run("dev", "logs").stdout
    assert "s3cret" not in tool.run("dev", "logs").stdout


def test_down_leaves_no_container_and_the_project_as_it_was(
    tool: DevTool, client: docker.DockerClient
) -> None:
    before = sorted(
        (path, path.stat().st_uid) for path in tool.root.rglob("*") if ".plugin-cli" not in path.parts
    )
    tool.up(*DOCKER, "--backend", "dist")

    tool.down()

    assert containers(client) == []
    assert not list(client.volumes.list())
    after = sorted(
        (path, path.stat().st_uid) for path in tool.root.rglob("*") if ".plugin-cli" not in path.parts
    )
    assert after == before
    assert tool.run("dev", "status").returncode == 1


def test_a_second_up_finds_the_first_container(tool: DevTool, client: docker.DockerClient) -> None:
    first = tool.up(*DOCKER, "--backend", "dist")
    second = tool.up(*DOCKER, "--backend", "dist")

    assert (second["container"], second["found"]) == (first["container"], True)
    assert len(containers(client)) == 1


def test_a_rebuild_replaces_the_running_backend(tool: DevTool) -> None:
    url = tool.up(*DOCKER, "--backend", "dist")["url"]
    _edit(tool, "[10.0, 12.0]")

    assert tool.run("build", "linux").returncode == 0

    # This image has no shell to end one process with, so the container is restarted, at the same address.
    until(lambda: _values_or_none(url) == [10.0, 12.0])
    assert tool.run("dev", "status").returncode == 0


def test_the_source_runs_behind_the_container_and_an_edit_is_live_without_an_error(tool: DevTool) -> None:
    url = tool.up(*DOCKER)["url"]
    assert values(url) == [10.0, 20.0]

    for value in (12.0, 13.0, 14.0):
        _edit(tool, f"[10.0, {value}]")
        # Every answer on the way is a good one, from the old code or the new.
        until(lambda wanted=value: values(url) == [10.0, wanted])  # type: ignore[misc]


def test_a_wrong_edit_says_its_line_in_grafana_and_the_next_good_one_heals(tool: DevTool) -> None:
    url = tool.up(*DOCKER)["url"]

    _edit(tool, "[10.0, 12.0")
    until(lambda: query(url).status_code == 400)
    error = query(url).json()["results"]["A"]["error"]
    _edit(tool, "[10.0, 12.0]")
    until(lambda: query(url).status_code == 200)

    assert "SyntaxError" in error
    assert values(url) == [10.0, 12.0]


def test_the_sources_socket_is_out_of_other_users_reach_and_removed(
    tool: DevTool, client: docker.DockerClient
) -> None:
    tool.up(*DOCKER)
    (container,) = containers(client)
    (folder,) = [
        Path(m["Source"]) for m in container.attrs["Mounts"] if m["Destination"] == "/run/plugin-cli"
    ]

    assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert (folder / "backend.sock").stat().st_mode & 0o777 == 0o666

    tool.down()
    assert not folder.parent.exists()


def test_a_plugin_that_does_not_start_is_explained_by_its_own_words(
    tool: DevTool, client: docker.DockerClient
) -> None:
    executable = next(path for path in (tool.root / "dist").glob("gpx_weather_linux_*") if path.is_file())
    executable.write_text("this is no program\n")

    done = tool.run("dev", "up", *DOCKER, "--backend", "dist")

    assert done.returncode == 1
    assert "Grafana runs but did not load the plugin" in done.stderr
    assert "Could not start plugin backend" in done.stderr
    assert "exec format error" in done.stderr
    assert containers(client) == []


def test_a_missing_build_is_named_before_anything_is_started(
    tool: DevTool, client: docker.DockerClient
) -> None:
    for path in (tool.root / "dist").glob("gpx_*"):
        path.unlink()

    done = tool.run("dev", "up", *DOCKER, "--backend", "dist")

    assert done.returncode == 4
    assert "plugin-cli build linux" in done.stderr
    assert containers(client) == []


def test_an_image_that_cannot_be_fetched_is_named(tool: DevTool) -> None:
    done = tool.run(
        "dev", "up", "--runtime", "docker", "--backend", "dist", "--image", "localhost:9/grafana:none"
    )

    assert done.returncode == 3
    assert "the image localhost:9/grafana:none is not on this machine and cannot be fetched" in done.stderr
    assert "--runtime preview" in done.stderr


def test_a_taken_port_is_a_usage_error(tool: DevTool, client: docker.DockerClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        done = tool.run("dev", "up", *DOCKER, "--backend", "dist", "--port", port)

    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr
    assert containers(client) == []


def test_a_container_removed_by_hand_ends_the_session_with_a_sentence(
    tool: DevTool, client: docker.DockerClient
) -> None:
    with tool.foreground(*DOCKER, "--backend", "dist") as running:
        containers(client)[0].remove(force=True)
        code, said = running.end()

    assert code == 1
    assert "the container was removed" in said


def test_ctrl_c_removes_the_container(tool: DevTool, client: docker.DockerClient) -> None:
    with tool.foreground(*DOCKER) as running:
        assert running.url.startswith("http://127.0.0.1:")
        code, said = running.end(signal.SIGINT)

    assert code == 130, said
    assert containers(client) == []


def test_a_crashed_owners_container_is_removed_by_the_next_up_or_down(
    tool: DevTool, client: docker.DockerClient
) -> None:
    for end in (lambda: tool.up(*DOCKER, "--backend", "dist"), tool.down):
        session = tool.up(*DOCKER, "--backend", "dist")
        os.kill(session["pid"], signal.SIGKILL)
        until(lambda: tool.run("dev", "status").returncode == 1)
        assert [container.id for container in containers(client)] == [session["container"]]

        end()

        assert session["container"] not in [container.id for container in containers(client)]
    assert containers(client) == []


def test_two_plugins_run_side_by_side(tool: DevTool, client: docker.DockerClient, tmp_path: Path) -> None:
    other = DevTool(BuiltPlugin(tool.root).copy(tmp_path / "second").root, tool.environment)
    try:
        one = tool.up(*DOCKER, "--backend", "dist")
        two = other.up(*DOCKER, "--backend", "dist")

        assert one["url"] != two["url"]
        assert values(one["url"]) == values(two["url"]) == [10.0, 20.0]
    finally:
        other.down()
    assert [container.id for container in containers(client)] == [one["container"]]


def test_auto_is_docker_where_an_engine_answers(tool: DevTool) -> None:
    done = tool.run("dev", "up", "--detach", "--json", "--image", IMAGE)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runtime"] == "docker"


def test_an_engine_that_dies_ends_the_session_with_a_sentence(
    built_plugin: BuiltPlugin, tmp_path: Path
) -> None:
    need_engine()
    with engine_with_standin(engine(number=1)) as doomed:
        tool = DevTool(built_plugin.copy(tmp_path / "weather").root, {"DOCKER_HOST": doomed.address})
        with tool.foreground(*DOCKER, "--backend", "dist") as running:
            os.kill(doomed.pid, signal.SIGTERM)
            code, said = running.end()

    assert code == 1, said
    assert "Docker engine" in said or "the container is" in said
    assert "Traceback" not in said


def _values_or_none(url: str) -> list[float] | None:
    try:
        return values(url) if query(url).status_code == 200 else None
    except httpx.TransportError:
        return None


def _edit(tool: DevTool, sample: str) -> None:
    path = tool.root / "backend" / "weather_datasource" / "datasource.py"
    path.write_text(re.sub(r"values = \[.*", f"values = {sample}", path.read_text()))
