"""A handler that breaks what all share: calls are served all the same, or the process ends and says why."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from tests.conformance.conftest import FOLDER, Launch
from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import Message, channel, health, one_query, query_data, resource

pytest.importorskip("resource", reason="needs the limits and signals of POSIX")
sys.path.append(str(FOLDER / "plugin"))

from conformance_plugin.vandal import ACTS  # it lies beside the tests

SECONDS = 30.0
"""How long a call may take on a busy machine; one that is never answered takes for ever."""
CALLS: tuple[tuple[str, Message], ...] = (
    ("QueryData", query_data()),
    ("CheckHealth", health()),
    ("CallResource", resource("how/well")),
    ("RunStream", channel("how/well")),
)
SETTLED_SECONDS = 4.0
"""The watch looks once a second."""
STOP_MS = 2_000
"""When go-plugin kills what does not stop."""
ENDED = ("Grafana restarts it", "has ended without having been asked", "the process received", "Timeout (")

SHORT = (
    "sys.modules cleared",
    "builtins cleared",
    "__import__ fails",
    "threading.excepthook is None",
    "sys.stderr is None",
    "recursion limit",
    "os._exit(0)",
    "time goes back",
    "json fails",
    "submit fails",
    "Event.wait returns",
    "warnings are errors",
)
"""Those that once were never answered, or that stand for many; the others are tried at night."""


@pytest.mark.parametrize("act", SHORT)
def test_sync(launch: Launch, act: str) -> None:
    judge(launch("vandal:Vandal"), act)


@pytest.mark.nightly
@pytest.mark.parametrize("act", [act for act in ACTS if act not in SHORT])
def test_sync_others(launch: Launch, act: str) -> None:
    judge(launch("vandal:Vandal"), act)


@pytest.mark.nightly
@pytest.mark.parametrize("act", ACTS)
def test_async(launch: Launch, act: str) -> None:
    judge(launch("vandal:AsyncVandal"), act)


@pytest.mark.nightly
@pytest.mark.parametrize("act", ACTS)
def test_before_any_other_call(launch: Launch, act: str) -> None:
    judge(launch("vandal:Vandal"), act, warm=False)


def judge(plugin: Plugin, act: str, *, warm: bool = True) -> None:
    """Do one act, then look that every call is answered, and how the process goes on or ends."""
    if warm:
        assert plain_calls(plugin) == ["ok"] * 4
    plugin.call("QueryData", query_data(one_query({"act": act})), seconds=SECONDS)
    assert all(map(is_fair, plain_calls(plugin)))

    if plugin.exited(SETTLED_SECONDS)["exited"]:
        assert says_why(plugin), [entry["message"] for entry in plugin.logs()]
        return
    assert all(map(is_served, plain_calls(plugin)))
    ended = plugin.kill()
    assert (ended["exit_code"], ended["ms"] < STOP_MS) == (0, True), ended


def plain_calls(plugin: Plugin) -> list[str]:
    """Make a call of each kind, and return how they went; one without an answer raises."""
    answers = [plugin.call(*call, seconds=SECONDS) for call in CALLS]
    if answers[0]["code"] == "OK":
        answers[0] |= _status(answers[0]["responses"]["A"])
    return [
        "ok" if answer["code"] == "OK" else f"{answer['code']}: {answer['message']}" for answer in answers
    ]


def is_served(outcome: str) -> bool:
    """Return True if a call was answered, or failed with the reason that the handler itself has made."""
    return outcome == "ok" or "by the handler" in outcome or "Too many open files" in outcome


def is_fair(outcome: str) -> bool:
    """Return True if a call was served, or its caller reads that it failed while the process was ending."""
    return is_served(outcome) or outcome.startswith(("Unavailable", "Unknown", "Failed"))


def _status(response: Answer) -> Answer:
    return {} if response["status"] == 200 else {"code": "Failed", "message": response["error"]}


def says_why(plugin: Plugin) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if any(text in entry["message"] for entry in plugin.logs() for text in ENDED):
            return True
        time.sleep(0.1)
    return False


def test_what_is_broken_is_named(launch: Launch) -> None:
    plugin = launch("vandal:Vandal")

    call = plugin.send("QueryData", query_data(one_query({"act": "sys.modules cleared"})))

    assert plugin.exited(SECONDS)["exit_code"] == 1
    call.result(SECONDS)
    line = plugin.wait_log(lambda entry: "Grafana restarts it" in entry["message"])
    assert line["level"] == "error"
    assert "the plugin's code has broken what the whole process needs: sys.modules" in line["message"]


def test_a_killed_process_says_so_and_one_that_is_stopped_does_not(launch: Launch) -> None:
    killed, stopped = launch("vandal:Vandal"), launch("vandal:Vandal")
    for plugin in (killed, stopped):
        plugin.call("QueryData", query_data(), seconds=SECONDS)

    killed.sigkill()
    stopped.kill()

    assert killed.wait_log(lambda entry: ENDED[1] in entry["message"], SECONDS)["level"] == "error"
    assert not [entry for entry in stopped.logs() if ENDED[1] in entry["message"]]


@pytest.mark.parametrize("seconds", [1.0, pytest.param(5.0, id="beyond the limit")])
def test_a_process_that_was_paused_goes_on(launch: Launch, seconds: float) -> None:
    plugin = launch("vandal:Vandal", env={"GF_PLUGIN_STALL_TIMEOUT": "3"})
    assert plain_calls(plugin) == ["ok"] * 4

    os.kill(plugin.pid, signal.SIGSTOP)
    calls = [plugin.send(*call) for call in CALLS]
    time.sleep(seconds)
    os.kill(plugin.pid, signal.SIGCONT)

    assert [call.result(SECONDS)["code"] for call in calls] == ["OK"] * 4
    assert not plugin.exited(SETTLED_SECONDS)["exited"]
    assert plain_calls(plugin) == ["ok"] * 4
    assert plugin.kill()["exit_code"] == 0
