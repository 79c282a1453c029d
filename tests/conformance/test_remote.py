"""`serve --listen`: the executable as a server that stands alone, called by Grafana's own client code."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conformance.conftest import environment, write_executable
from tests.conformance.host import Host
from tests.conformance.messages import health, query_data


@contextmanager
def served(folder: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    command = [str(write_executable(folder)), "serve", "--listen", "127.0.0.1:0", "--lame-duck", "5", *flags]
    process = subprocess.Popen(
        command, env=environment("full:Full"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        entries = (json.loads(line) for line in process.stdout)
        yield process, next(str(entry["address"]) for entry in entries if entry["@message"] == "listening")
    finally:
        process.kill()
        process.communicate()


def test_every_service_of_the_plugin_answers_and_none_of_go_plugins(tmp_path: Path, host: Host) -> None:
    with served(tmp_path) as (_, address):
        plugin = host.dial(address)

        assert plugin.call("CheckHealth", health())["reply"]["status"] == "OK"
        assert plugin.call("QueryData", query_data())["responses"]["A"]["status"] == 200
        assert plugin.raw("/plugin.GRPCController/Shutdown", "")["code"] == "Unimplemented"
        assert "grpc.health.v1.Health" in plugin.services()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_calls_under_way_are_answered_while_it_drains(tmp_path: Path, host: Host, workers: str) -> None:
    with served(tmp_path, "--workers", workers) as (process, address):
        plugin = host.dial(address)
        assert plugin.call("CheckHealth", health())["code"] == "OK"
        calls = [plugin.send("QueryData", query_data()) for _ in range(20)]

        process.send_signal(signal.SIGTERM)

        assert {call.result()["code"] for call in calls} == {"OK"}
        assert plugin.call("QueryData", query_data())["code"] == "OK"
        assert process.wait(30) == 0
