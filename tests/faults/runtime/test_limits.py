"""A plugin without threads or memory goes on serving, or ends with the reason, so that Grafana starts it anew."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import time
from pathlib import Path

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Plugin
from tests.conformance.messages import ask, channel, echoed, health, query_data, values
from tests.conformance.spawn import spawned

SECONDS = 30
_accounts = itertools.count(1_000_000 + os.getpid() * 100)
"""Limits of processes count those of one account, and do not bind root: each start has an account of its own."""
_CAPABILITIES = "-all,+dac_override,+dac_read_search"

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root rights and setpriv"
)


def limited(exe: Path, folder: Path, threads: int) -> Path:
    """Return an executable that starts the plugin as an account of its own with so many threads at most."""
    path = folder / "gpx_limited"
    path.write_text(
        f"#!/bin/sh\nexec {shutil.which('setpriv')} --reuid {next(_accounts)} --clear-groups "
        f"--inh-caps={_CAPABILITIES} --ambient-caps={_CAPABILITIES} "
        f"{shutil.which('prlimit')} --nproc={threads} {exe}\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return path


@needs_root
@pytest.mark.parametrize("threads", [3, 5, 8, 12, 16, 20])
def test_too_small_a_limit_at_the_start_is_one_sentence(exe: Path, tmp_path: Path, threads: int) -> None:
    with spawned(limited(exe, tmp_path, threads), "hostile:Sync") as plugin:
        assert plugin.line == b""
        assert plugin.process.wait(SECONDS) == 1
        assert plugin.process.stderr is not None
        lines = plugin.process.stderr.read().decode().splitlines()

    assert len(lines) == 1, lines
    assert '"@level":"error"' in lines[0]
    assert "more threads can be started" in lines[0]
    assert "pids limit" in lines[0]


@needs_root
def test_sixty_queries_while_the_author_holds_every_thread(launch: Launch, exe: Path, tmp_path: Path) -> None:
    plugin = launch("hostile:Sync", path=limited(exe, tmp_path, 120))
    started = int(values(plugin.call("QueryData", ask("threads", count=400))["responses"]["A"], "text")[0])
    assert started < 400

    calls = [plugin.send("QueryData", query_data()) for _ in range(60)]

    assert [call.result(SECONDS)["code"] for call in calls] == ["OK"] * 60
    assert plugin.call("CheckHealth", health(), seconds=SECONDS)["code"] == "OK"
    time.sleep(3)  # the watch takes a few looks, none of which can start a thread either
    assert plugin.call("QueryData", query_data(), seconds=SECONDS)["code"] == "OK"
    plugin.call("QueryData", ask("give-back"), seconds=SECONDS)
    assert plugin.call("RunStream", channel("how/well"), seconds=SECONDS)["code"] == "OK"
    ended = plugin.kill()
    assert (ended["exit_code"], ended["ms"] < 2500) == (0, True)


@needs_root
def test_shutdown_is_obeyed_without_a_free_thread(launch: Launch, exe: Path, tmp_path: Path) -> None:
    plugin = launch("hostile:Sync", path=limited(exe, tmp_path, 120))
    plugin.call("QueryData", ask("threads", count=400))

    ended = plugin.kill()

    assert (ended["exit_code"], ended["ms"] < 2500) == (0, True)


@needs_root
def test_a_call_for_which_no_thread_can_be_started_ends_the_process(
    launch: Launch, exe: Path, tmp_path: Path
) -> None:
    plugin = launch("hostile:Sync", path=limited(exe, tmp_path, 120))
    plugin.call("QueryData", ask("threads", count=400))

    call = plugin.send("RunStream", channel("how/well"))

    assert plugin.exited(SECONDS)["exited"]
    assert call.result(SECONDS)["code"] == "Unavailable"
    line = plugin.wait_log(lambda entry: "no thread can be started" in entry["message"])
    assert line["level"] == "error"
    assert "Grafana restarts it" in line["message"]


@pytest.mark.parametrize(
    ("action", "text"),
    [("break-serving", "the thread that serves gRPC"), ("raise-in-main", "the process failed")],
)
def test_the_death_of_a_vital_thread_ends_the_process(launch: Launch, action: str, text: str) -> None:
    plugin = launch("hostile:Sync")
    plugin.call("QueryData", ask(action))

    call = plugin.send("QueryData", query_data())

    assert plugin.exited(SECONDS)["exited"]
    assert plugin.exited()["exit_code"] == 1
    assert call.result(SECONDS)["code"] in ("OK", "Unavailable")
    line = plugin.wait_log(lambda entry: text in entry["message"])
    assert line["level"] == "error"
    assert "Grafana restarts it" in line["message"]


def survives(plugin: Plugin) -> bool:
    """Return True if the plugin still serves, False if it has ended; anything else fails."""
    answer = plugin.call("QueryData", query_data(), seconds=SECONDS)
    if answer["code"] == "OK":
        return True
    assert plugin.exited(SECONDS)["exited"], answer
    return False


@pytest.mark.parametrize("mib", [400, 150, 40, 8])
def test_every_call_ends_while_memory_is_at_its_limit(launch: Launch, mib: int) -> None:
    plugin = launch("hostile:Sync", env={"GF_PLUGIN_HANG_TIMEOUT": "20"})
    plugin.call("QueryData", query_data())
    plugin.call("QueryData", ask("memory", mib=mib))

    calls = [plugin.send("QueryData", ask("big", bytes=32 * 1024 * 1024), brief=True) for _ in range(24)]

    codes = {call.result(60)["code"] for call in calls}
    assert codes <= {"OK", "Unavailable", "Unknown", "ResourceExhausted", "Internal"}, codes
    if survives(plugin):
        assert plugin.call("CheckHealth", health(), seconds=SECONDS)["code"] == "OK"


def test_stderr_survives_the_death_of_its_relay(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    assert echoed({"responses": {"A": plugin.call("QueryData", ask("kill-relay"))["responses"]["A"]}})
    plugin.wait_log(lambda entry: "passes on stderr has ended" in entry["message"])
    plugin.mark()

    answer = plugin.call("QueryData", ask("stderr", text="still read"))

    assert answer["responses"]["A"]["status"] == 200
    assert plugin.wait_log(lambda entry: entry["message"] == "still read")["level"] == "debug"
