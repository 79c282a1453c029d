"""`plugin-cli build --docker` with a real engine, for this architecture and for another one."""

from __future__ import annotations

import json
import platform
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin_sdk.testing import PluginProcess, last, settings
from tests.built_plugin import BuiltPlugin, run_tool
from tests.conformance.build import go_tool, program
from tests.docker_engine import Engine, engine, need_engine
from tests.e2e.build_image import arm64_programs, load_image, need_network_rules, network_for
from tests.e2e.roots import make_root

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.nightly]
_NUMBER = 4
_AUTHOR = 4711
# The tests run as root, and git reads nobody else's repository unless told so.
_AS_AUTHOR = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


@pytest.fixture(scope="module")
def docker() -> Iterator[Engine]:
    need_engine()
    need_network_rules()
    if platform.machine() != "x86_64":
        pytest.skip("optional: the images are made on amd64")
    with network_for(f"172.31.{213 + _NUMBER}.0/24"), engine(_NUMBER) as running:
        yield running


@pytest.fixture
def repository(built_plugin: BuiltPlugin, tmp_path: Path) -> BuiltPlugin:
    """A plugin as its author has it: nothing built, and nothing that belongs to root."""
    plugin = built_plugin.copy(tmp_path / "weather")
    for name in ("dist", ".venv", ".plugin-cli/cache", ".plugin-cli/wheels"):
        subprocess.run(["rm", "-rf", plugin.root / name], check=True)
    subprocess.run(["chown", "-R", f"{_AUTHOR}:{_AUTHOR}", plugin.root], check=True)
    return plugin


def owners(folder: Path) -> set[int]:
    # The engine's mount point of the environment is made by the tool, here by root.
    return {path.lstat().st_uid for path in folder.rglob("*") if path.name != ".venv"}


def build(plugin: BuiltPlugin, target: str, image: str, docker: Engine) -> Path:
    env = {"DOCKER_HOST": docker.address, **_AS_AUTHOR}
    run_tool("build", target, "--docker", "--image", image, cwd=plugin.root, env=env)
    (found,) = [path for path in plugin.dist.glob("gpx_weather_*") if path.is_file()]
    return found


def assert_answers(executable: Path) -> None:
    with PluginProcess([executable]) as process:
        answer = process.client.query_data(
            [{"refId": "A", "station": "berlin"}], settings({}, {"api_key": "x"}), time_range=last(60)
        )["A"]
    assert answer.error == ""
    assert list(answer.frames[0].fields[1].values)[-1] > 15


def test_this_architecture_is_built_in_a_container(repository: BuiltPlugin, docker: Engine) -> None:
    executable = build(repository, "linux/amd64", load_image(docker, "amd64"), docker)

    assert owners(repository.root) == {_AUTHOR}
    assert_answers(executable)
    facts = json.loads((repository.dist / "linux_amd64" / "buildinfo.json").read_text())
    command = ["git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"]
    commit = subprocess.run(command, cwd=repository.root, capture_output=True, text=True, check=True)
    assert facts["time"] == int(commit.stdout) * 1000


def test_arm64_is_built_in_a_container_and_runs_on_a_bare_root(
    repository: BuiltPlugin, docker: Engine, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if go_tool() is None:
        pytest.skip("go is not installed")
    with arm64_programs():
        executable = build(repository, "linux/arm64", load_image(docker, "arm64"), docker)

        assert executable.name == "gpx_weather_linux_arm64"
        assert owners(repository.root) == {_AUTHOR}
        foreign = [path for path in repository.dist.rglob("*") if _machine(path) not in (None, "aarch64")]
        assert foreign == []
        assert_answers(executable)
        assert_answers_grafanas_client(executable)
        root = make_root("distroless", tmp_path / "root")
        sockets = tmp_path_factory.mktemp("s")
        sockets.chmod(stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO)
        with root.start(repository.dist, executable.name, sockets) as (process, client):
            assert client.check_health(settings({}, {"api_key": "x"})).message == "The data source is working"
            process._process.terminate()
            assert process.wait(60) == 0
        found = run_tool("validate", "--json", cwd=repository.root)
        rules = [item["rule"] for item in json.loads(found.stdout)["findings"]]
        assert rules == ["systems", "catalogue"]  # Grafana runs mostly on amd64, which is not there


def assert_answers_grafanas_client(executable: Path) -> None:
    query = json.dumps({"refId": "A", "station": "berlin"})
    done = subprocess.run(
        [program("host"), "query", executable, "--query", query], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["responses"]["A"]["frames"][0]["schema"]["name"] == "berlin"


def _machine(path: Path) -> str | None:
    """Return the architecture of a program or library; None for other files."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(20)
    if head[:4] != b"\x7fELF":
        return None
    return {62: "x86_64", 183: "aarch64"}[int.from_bytes(head[18:20], "little")]
