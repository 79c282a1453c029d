"""Children of a handler end when they are to, hold nothing of the plugin's, and do not outlive it."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import Launch
from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import Message, ask, health, query_data, values
from tests.conformance.spawn import descriptors_of, gone

SECONDS = 40


def said(plugin: Plugin, message: Message) -> str:
    """Return the text that a handler answered with."""
    answer = plugin.call("QueryData", message, seconds=SECONDS)
    assert answer["code"] == "OK", answer
    response = answer["responses"]["A"]
    assert response["status"] == 200, response["error"]
    return str(values(response, "text")[0])


@pytest.fixture(scope="module")
def plugin(launch_shared: Launch) -> Plugin:
    return launch_shared("hostile:Sync")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_multiprocessing_answers_and_ends(plugin: Plugin, method: str) -> None:
    for _ in range(3):
        assert json.loads(said(plugin, ask("pool", method=method))) == [1, 2, 3]


@pytest.mark.parametrize("after", [0, 0.3], ids=["at once", "while it runs"])
@pytest.mark.parametrize("kill", [False, True], ids=["terminate", "kill"])
def test_a_child_ends_by_the_signal_it_is_sent(plugin: Plugin, after: float, kill: bool) -> None:
    for _ in range(5):
        expected = signal.SIGKILL if kill else signal.SIGTERM
        assert said(plugin, ask("terminate", after=after, kill=kill)) == str(-expected)


def test_a_program_that_the_plugin_runs_can_be_interrupted(plugin: Plugin) -> None:
    assert said(plugin, ask("program")) == str(-signal.SIGINT)


def test_the_plugin_itself_still_ignores_an_interrupt(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    said(plugin, ask("pool", method="fork"))

    os.kill(plugin.pid, signal.SIGINT)

    assert not plugin.exited(1)["exited"]
    assert plugin.call("CheckHealth", health())["code"] == "OK"


def child_of(plugin: Plugin, **options: Any) -> int:
    pid = int(said(plugin, ask("leave-child", **options)))
    plugin.wait_log(lambda entry: "a child stays" in entry["message"])
    return pid


def test_a_child_holds_no_descriptor_of_the_plugin(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    own = descriptors_of(plugin.pid)
    pid = child_of(plugin)

    kept = descriptors_of(pid)

    sockets = {name for name in own if name.startswith("socket:")}
    assert sockets
    assert not sockets & kept
    output = {str(Path(f"/proc/{plugin.pid}/fd/{number}").readlink()) for number in (1, 2)}
    pipes = {name for name in own & kept if name.startswith("pipe:")}
    assert len(pipes - output) <= 1, pipes  # the one by whose end it sees that the plugin has gone


@pytest.mark.parametrize("daemon", [False, True], ids=["child", "daemonic child"])
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_child_ends_with_the_plugin_and_grafana_sees_its_end_at_once(
    launch: Launch, how: str, daemon: bool
) -> None:
    plugin = launch("hostile:Sync")
    pid = child_of(plugin, daemon=daemon)
    began = time.monotonic()

    if how == "stopped":
        assert plugin.kill()["exit_code"] == 0
    else:
        plugin.sigkill()
        assert plugin.exited(5)["exited"]

    assert time.monotonic() - began < 3
    assert gone(pid, 5)
    assert not Path(plugin.info["addr"]).exists()


def test_a_child_that_comes_out_of_the_handler_answers_nothing(plugin: Plugin) -> None:
    plugin.mark()

    pid = int(said(plugin, ask("fork-returns")))

    assert pid > 0
    assert gone(pid, 5)
    plugin.wait_log(lambda entry: "returned from the handler" in entry["message"])
    assert plugin.call("QueryData", query_data())["code"] == "OK"


def lines_of_children(plugin: Plugin) -> list[Answer]:
    return [entry for entry in plugin.new_logs() if entry["message"] == "a line of the child"]


def test_a_child_can_log_while_the_plugin_does(plugin: Plugin) -> None:
    plugin.mark()
    beside = [plugin.send("QueryData", query_data()) for _ in range(200)]

    codes = {said(plugin, ask("fork-logs")) for _ in range(20)}

    assert codes == {"0"}
    for call in beside:
        call.result(SECONDS)
    deadline = time.monotonic() + SECONDS
    while len(lines := lines_of_children(plugin)) < 20 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (len(lines), {entry["level"] for entry in lines}) == (20, {"error"})


def test_forks_under_load_hang_nothing(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    calls = [plugin.send("QueryData", ask("terminate", after=0)) for _ in range(60)]
    calls += [plugin.send("QueryData", query_data()) for _ in range(200)]

    assert {call.result(60)["code"] for call in calls} == {"OK"}
    assert plugin.kill()["exit_code"] == 0


def test_a_process_whose_code_closes_its_socket_ends_so_that_grafana_restarts_it(launch: Launch) -> None:
    plugin = launch("hostile:Sync")
    plugin.call("QueryData", query_data())

    plugin.send("QueryData", ask("close-descriptors"))

    assert plugin.exited(SECONDS)["exited"]
    assert plugin.exited()["exit_code"] == 1
