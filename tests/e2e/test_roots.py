"""One bundle on roots that share nothing with the machine that built it."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_cli.build.preflight import asks_dns_first
from plugin_sdk.testing import PluginClient, PluginProcess, last, settings
from tests.built_plugin import BuiltPlugin, run_tool
from tests.docker_engine import engine, need_engine
from tests.e2e.dns_server import dns_server
from tests.e2e.roots import DNS_SERVER, NAMES, Root, make_root, need_roots

pytestmark = [pytest.mark.e2e, pytest.mark.roots]
INSTANCE = settings({"url": ""}, {"api_key": "k"})
AT_HOME = {
    "user": 472,
    "variables": [],
    "localhost": True,
    "hosts_file": ["192.0.2.1"],
    "dns": ["192.0.2.53"],
    "certificates": True,
    "zone": "2026-07-01T00:00:00+02:00",
    "itself": "0.1.0",
    "shell": "shell",
    "spawn": [1, 4, 9],
    "forkserver": [1, 4, 9],
    "unicode": "éutf-8",
    "modules": ["__main__", "datasource", "models"],
    "package_data": True,
    "read_only": False,
}


@pytest.fixture(scope="module")
def probe(built_plugin: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory) -> BuiltPlugin:
    """The scaffold with a data source that tries everything, and zones for roots that have none."""
    need_roots()
    plugin = built_plugin.copy(tmp_path_factory.mktemp("probe") / "weather")
    shutil.copy(
        Path(__file__).parent / "probe" / "datasource.py", plugin.root / "backend" / "weather_datasource"
    )
    pyproject = plugin.root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"httpx>=0.27",', '"httpx>=0.27",\n  "tzdata",'))
    run_tool("build", "linux", cwd=plugin.root)
    return plugin


@pytest.fixture(scope="module", params=NAMES)
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Root:
    need_roots()
    return make_root(request.param, tmp_path_factory.mktemp("roots") / request.param)


def test_the_builder_knows_an_old_c_library(root: Root) -> None:
    """Of a real one: what it looks for is a text inside the library."""
    if root.name != "bullseye":
        pytest.skip("optional: only this root has a C library")
    (library,) = root.folder.glob("lib/*/libc.so.6")
    assert asks_dns_first(library)


@pytest.fixture
def started(
    root: Root, probe: BuiltPlugin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PluginProcess, PluginClient]]:
    sockets = tmp_path_factory.mktemp("s")
    sockets.chmod(0o777)
    with root.start(probe.dist, probe.executable.name, sockets) as both:
        yield both


def test_plugin_answers_health_and_query(started: tuple[PluginProcess, PluginClient]) -> None:
    _, client = started
    assert client.check_health(INSTANCE).message == "alive"
    answer = client.query_data([{"refId": "A", "station": "berlin"}], INSTANCE, time_range=last(60))["A"]
    assert answer.error == ""
    assert [list(field.values) for field in answer.frames[0].fields][1] == [10.0, 20.0]


def test_plugin_can_do_what_it_does_at_home(started: tuple[PluginProcess, PluginClient]) -> None:
    _, client = started
    with dns_server(DNS_SERVER):
        response = client.call_resource("GET", "/probe", INSTANCE)
    assert json.loads(response.body) == AT_HOME


def test_plugin_ends_on_sigterm(started: tuple[PluginProcess, PluginClient]) -> None:
    process, client = started
    client.check_health(INSTANCE)
    process._process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.fixture(scope="module")
def docker() -> Iterator[str]:
    need_engine()
    with engine(3) as running:
        yield running.address


@pytest.mark.docker
def test_plugin_works_in_a_container_made_from_the_root(
    root: Root, probe: BuiltPlugin, docker: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sockets = tmp_path_factory.mktemp("s")
    sockets.chmod(0o777)
    with (
        root.start_in_container(docker, probe.dist, probe.executable.name, sockets) as (process, client),
        dns_server(DNS_SERVER),
    ):
        assert client.check_health(INSTANCE).message == "alive"
        found = json.loads(client.call_resource("GET", "/probe", INSTANCE).body)
        process._process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert found == AT_HOME
