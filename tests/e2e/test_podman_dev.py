"""`dev up --runtime docker` against Podman without root: Grafana's user in the container is a number of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import docker
import httpx
import pytest

from tests.built_plugin import BuiltPlugin
from tests.e2e.dev_tool import DevTool, get, query, until, values
from tests.e2e.engines import RUNTIME as DOCKER
from tests.e2e.engines import client_of, containers, engine_with_standin
from tests.podman_engine import Podman, need_podman, podman

pytestmark = [pytest.mark.e2e, pytest.mark.docker]
GRAFANA_USER = 472


@pytest.fixture(scope="module")
def engine() -> Iterator[Podman]:
    need_podman()
    with engine_with_standin(podman()) as running:
        yield running


@pytest.fixture
def client(engine: Podman) -> Iterator[docker.DockerClient]:
    with client_of(engine) as made:
        yield made


@pytest.fixture
def tool(engine: Podman, built_plugin: BuiltPlugin, tmp_path: Path) -> Iterator[DevTool]:
    home = engine.folder / "user" / tmp_path.name
    root = built_plugin.copy(home / "weather").root
    engine.give(home)
    environment = {
        "DOCKER_HOST": engine.address,
        "WEATHER_API_KEY": "s3cret",
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "UV_CACHE_DIR": str(home / ".cache" / "uv"),
        "TMPDIR": "/tmp",
    }
    made = DevTool(root, environment, engine.prefix)
    yield made
    made.down()


def test_the_built_plugin_runs_and_nothing_is_left_to_another_user(
    tool: DevTool, client: docker.DockerClient, engine: Podman
) -> None:
    url = tool.up(*DOCKER, "--backend", "dist")["url"]

    (container,) = containers(client)
    published = container.attrs["NetworkSettings"]["Ports"]["3000/tcp"]
    assert [binding["HostIp"] for binding in published] == ["127.0.0.1"]
    # The container's user is not this one and not root: what it wrote would be found below.
    assert _owner_of("/standin") == engine.first_mapped + GRAFANA_USER - 1
    assert get(f"{url}api/datasources/uid/weather/health").json()["status"] == "OK"
    assert values(url) == [10.0, 20.0]
    assert "Plugin registered" in tool.run("dev", "logs").stdout

    tool.down()

    assert containers(client) == []
    assert engine.foreign(tool.root) == []


def test_the_source_answers_the_containers_user_and_an_edit_is_live(
    tool: DevTool, client: docker.DockerClient, engine: Podman
) -> None:
    url = tool.up(*DOCKER)["url"]
    assert values(url) == [10.0, 20.0]

    _edit(tool, "[10.0, 12.0]")
    # Every answer on the way is a good one, from the old code or the new.
    until(lambda: values(url) == [10.0, 12.0])

    tool.down()
    assert containers(client) == []
    assert engine.foreign(tool.root) == []


@pytest.mark.nightly
def test_a_rebuild_replaces_the_running_backend(tool: DevTool) -> None:
    url = tool.up(*DOCKER, "--backend", "dist")["url"]
    _edit(tool, "[10.0, 12.0]")

    assert tool.run("build", "linux").returncode == 0

    until(lambda: _values_or_none(url) == [10.0, 12.0])
    assert tool.run("dev", "status").returncode == 0


@pytest.mark.nightly
def test_a_container_removed_by_hand_ends_the_session_with_a_sentence(
    tool: DevTool, client: docker.DockerClient
) -> None:
    with tool.foreground(*DOCKER, "--backend", "dist") as running:
        containers(client)[0].remove(force=True)
        code, said = running.end()

    assert code == 1
    assert "the container was removed" in said


@pytest.mark.nightly
def test_an_image_that_cannot_be_fetched_is_named(tool: DevTool) -> None:
    done = tool.run("dev", "up", "--runtime", "docker", "--backend", "dist", "--image", "localhost:9/g:none")

    assert done.returncode == 3
    assert "the image localhost:9/g:none is not on this machine and cannot be fetched" in done.stderr


def _owner_of(program: str) -> int:
    """Return the user whose process runs the program."""
    found = [
        entry.stat().st_uid
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _command(entry).startswith(f"{program}\0")
    ]
    (owner,) = set(found)
    return owner


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_text() + "\0"
    except OSError:
        return ""  # it ended meanwhile


def _values_or_none(url: str) -> list[float] | None:
    try:
        return values(url) if query(url).status_code == 200 else None
    except httpx.TransportError:
        return None


def _edit(tool: DevTool, sample: str) -> None:
    path = tool.root / "backend" / "weather_datasource" / "datasource.py"
    path.write_text(re.sub(r"values = \[.*", f"values = {sample}", path.read_text()))
