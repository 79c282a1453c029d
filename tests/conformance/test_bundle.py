"""The built plugin, started by the Go host under an empty environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.built_plugin import BuiltPlugin
from tests.conformance.conftest import GRAFANA_ENV
from tests.conformance.host import Host
from tests.conformance.messages import FROM_MS, TO_MS, health, query_data, source, values
from tests.conformance.spawn import gone

pytestmark = pytest.mark.e2e

SECRET = {"api_key": "k3y"}


def verb(program: Path, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = subprocess.run([program, *arguments], env={}, capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


def test_bundle_is_healthy_and_answers_in_one_command_each(
    built_plugin: BuiltPlugin, host_program: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"uid": "w", "jsonData": {}, "secureJsonData": SECRET}))

    healthy = verb(host_program, "health", built_plugin.executable, "--settings", settings)
    queried = verb(host_program, "query", built_plugin.executable, "--settings", settings)

    assert (healthy[0], healthy[1]["reply"]["status"]) == (0, "OK")
    assert queried[0] == 0
    assert len(queried[1]["responses"]["A"]["frames"]) == 1


def test_bundle_without_its_key_says_which_setting_is_missing(
    built_plugin: BuiltPlugin, host_program: Path
) -> None:
    code, answer = verb(host_program, "health", built_plugin.executable)

    assert code == 1
    assert answer["reply"]["status"] == "ERROR"
    assert "key" in answer["reply"]["message"].lower()


def test_bundle_lives_and_ends_as_a_go_plugin_does(built_plugin: BuiltPlugin, host: Host) -> None:
    plugin = host.start(built_plugin.executable, env=dict(GRAFANA_ENV))
    ds = source(decryptedSecureJsonData=SECRET)

    assert plugin.call("CheckHealth", health(ds))["reply"]["status"] == "OK"
    response = plugin.call("QueryData", query_data(ds=ds))["responses"]["A"]
    times = values(response, response["frames"][0]["schema"]["fields"][0]["name"])
    assert (times[0], times[-1]) == (FROM_MS, TO_MS)
    ended = plugin.kill()

    assert ended["exit_code"] == 0
    assert ended["ms"] < 2000
    assert gone(plugin.pid, 1)


def test_bundle_survives_hostile_stderr_and_sigkill(built_plugin: BuiltPlugin, host: Host) -> None:
    plugin = host.start(built_plugin.executable, env=dict(GRAFANA_ENV))
    plugin.call("CheckHealth", health())
    address = Path(plugin.info["addr"])

    plugin.sigkill()

    assert plugin.exited(3)["exited"]
    for _ in range(100):
        if not address.exists():
            break
        gone(plugin.pid, 0.02)
    assert not address.exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_bundle_is_a_server_of_its_own(built_plugin: BuiltPlugin, host: Host, workers: str) -> None:
    command = [str(built_plugin.executable), "serve", "--listen", "127.0.0.1:0", "--workers", workers]
    with subprocess.Popen([*command, "--lame-duck", "0"], env={}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        entries = (json.loads(line) for line in process.stdout)
        address = next(entry["address"] for entry in entries if entry["@message"] == "listening")
        ds = source(decryptedSecureJsonData=SECRET)

        assert host.dial(address).call("CheckHealth", health(ds))["reply"]["status"] == "OK"

        process.terminate()
        process.communicate()
    assert process.returncode == 0
