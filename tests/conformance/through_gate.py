"""`--through gate`: the plugin runs as two replicas with mutual TLS, and Grafana's client starts the gate."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from plugin_cli.build.remote.programs import gate_program
from plugin_cli.console import TerminalConsole
from plugin_cli.target import host_target
from tests.gate.backends import mutual_tls
from tests.sdk.process.remote.certificates import authority

_SECONDS = 60.0


class Replicas:
    """Two backends of one kind, and what the gate is started with."""

    def __init__(self, exe: Path, env: Mapping[str, str], folder: Path) -> None:
        flags, keys = mutual_tls(authority(folder / "tls"))
        self._processes: list[subprocess.Popen[bytes]] = []
        command = [str(exe), "serve", "--listen", "127.0.0.1:0", "--lame-duck", "0", "--drain", "1"]
        logs = [folder / f"replica-{number}.log" for number in (1, 2)]
        for log in logs:
            with log.open("wb") as file:
                self._processes.append(
                    subprocess.Popen(
                        [*command, *map(str, flags)],
                        env=dict(env),
                        stdin=subprocess.DEVNULL,
                        stdout=file,
                        stderr=subprocess.STDOUT,
                    )
                )
        keys["backend"] = ",".join(_address(log) for log in logs)
        self.env = dict(env) | {f"GF_PLUGIN_{key.upper()}": value for key, value in keys.items()}
        self.program = gate_program(host_target(), TerminalConsole())

    def end(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.wait()


def _address(log: Path) -> str:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        for line in log.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n") and line.startswith(b"{"):
                entry = json.loads(line)
                if entry.get("@message") == "listening":
                    return str(entry["address"])
        time.sleep(0.02)
    raise AssertionError(f"a replica does not listen: {log.read_text()}")


_LOG = "optional: reads the plugin's log, which a backend elsewhere writes on its own machine"
_STATE = "optional: counts what one process did, and calls go to two"
NOT_THROUGH = {
    "test_048_a_missing_answer_is_filled_and_logged": _LOG,
    "test_053_cancellation_reaches_the_handler_and_is_no_error": _LOG,
    "test_065c_requests_are_counted_by_endpoint_and_status": _STATE,
    "test_065d_cancellation_closes_the_channel": _LOG,
    "test_060_one_instance_for_each_data_source_and_state": _STATE,
    "test_060_concurrent_first_calls_share_one_instance": _STATE,
    "test_060_the_old_instance_is_disposed_after_five_seconds": _LOG,
    "test_061_a_failing_re_creation_disposes_the_old_instance_once": _LOG,
}
"""Tests that judge a process beside Grafana; what they prove of the wire, others do."""
