"""Items 27 to 38: go-plugin's own services, stop, restart, the parent's death."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.conftest import Launch, environment
from tests.conformance.host import Host, Plugin
from tests.conformance.messages import ask, b64, channel, context, echoed, health, query_data
from tests.conformance.spawn import gone

EMPTY = ""


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for sockets whose path is short whatever pytest's is."""
    folder = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


def test_027_the_health_service_says_that_plugin_serves(full: Plugin, go_plugin: Plugin) -> None:
    full.ping()
    for asked in (b"\x0a\x06plugin",):
        ours, theirs = (one.raw("/grpc.health.v1.Health/Check", b64(asked)) for one in (full, go_plugin))
        assert (ours["code"], ours["bytes"]) == (theirs["code"], theirs["bytes"]) == ("OK", b64(b"\x08\x01"))


def test_027_an_unknown_name_is_not_found_as_in_go(full: Plugin, go_plugin: Plugin) -> None:
    ours, theirs = (one.raw("/grpc.health.v1.Health/Check", b64(b"\x0a\x03xyz")) for one in (full, go_plugin))

    assert ours["code"] == theirs["code"] == "NotFound"


def test_028_shutdown_ends_the_process_with_code_0(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.call("QueryData", query_data())

    ended = plugin.kill()

    assert (ended["exited"], ended["exit_code"]) == (True, 0)
    assert "signal" not in ended


def test_028_shutdown_cuts_calls_that_run(launch: Launch) -> None:
    plugin = launch("full:Full")
    hung = plugin.send("QueryData", ask("hang"))
    time.sleep(0.3)

    plugin.raw("/plugin.GRPCController/Shutdown", EMPTY)

    assert hung.result(3)["code"] in {"Unavailable", "Canceled"}
    assert plugin.exited(3)["exit_code"] == 0


def test_029_the_brokers_stream_stays_open_and_idle(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        assert plugin.hold("/plugin.GRPCBroker/StartStream")["open"], plugin


def test_030_what_is_printed_reaches_the_stdio_stream(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.call("QueryData", ask("stdout", bytes=10))

    found, deadline = "", time.monotonic() + 5
    while "yyyyyyyyyy" not in found and time.monotonic() < deadline:
        found += plugin.stdio()["stdout"]
        time.sleep(0.05)

    assert "printed yyyyyyyyyy" in found


def test_030_reflection_names_the_services(full: Plugin, go_plugin: Plugin) -> None:
    expected = {
        name for name in go_plugin.services() if name.startswith(("pluginv2.", "plugin.", "grpc.health"))
    }

    assert expected <= set(full.services())


def test_031_permanent_streams_take_no_worker(launch: Launch) -> None:
    plugin = launch("full:Full")
    streams = [plugin.send("RunStream", channel(f"c{index}")) for index in range(40)]
    for stream in streams:
        stream.next_event(10)

    answer = plugin.call("QueryData", query_data(), seconds=5)

    assert answer["responses"]["A"]["status"] == 200
    assert plugin.call("CheckHealth", health(), seconds=5)["code"] == "OK"
    for stream in streams:
        stream.cancel()


RPCS = {
    "CallResource": {"pluginContext": context(), "path": "x"},
    "SubscribeStream": channel("x"),
    "RunStream": channel("x"),
    "PublishStream": channel("x"),
    "ValidateAdmission": {"pluginContext": context()},
    "MutateAdmission": {"pluginContext": context()},
    "ConvertObjects": {"pluginContext": context(), "uid": "u"},
    "QueryChunkedData": query_data(),
}


@pytest.mark.parametrize(
    "method",
    [
        "SubscribeStream",
        "RunStream",
        "PublishStream",
        "ValidateAdmission",
        "MutateAdmission",
        "ConvertObjects",
    ],
)
def test_032_what_the_author_does_not_write_is_unimplemented_as_in_go(
    empty: Plugin, go_empty: Plugin, method: str
) -> None:
    ours, theirs = (plugin.call(method, RPCS[method]) for plugin in (empty, go_empty))

    assert ours["code"] == theirs["code"] == "Unimplemented"


def test_032_health_without_a_handler_is_ok_and_resources_are_501(empty: Plugin) -> None:
    assert empty.call("CheckHealth", health())["reply"]["status"] == "OK"
    resource = empty.call("CallResource", RPCS["CallResource"])
    assert [event["reply"]["code"] for event in resource["events"]] == [501]


def test_032_an_unknown_method_is_unimplemented(full: Plugin) -> None:
    assert full.raw("/pluginv2.Data/Nothing", EMPTY)["code"] == "Unimplemented"
    assert full.raw("/pluginv9.Data/QueryData", EMPTY)["code"] == "Unimplemented"


def test_033_it_is_gone_in_two_seconds_whatever_still_runs(launch: Launch) -> None:
    plugin = launch("full:Full")
    child = int(echoed(plugin.call("QueryData", ask("thread-left"))))
    for action in ("hang", "hang", "cpu"):
        plugin.send("QueryData", ask(action, ms=60_000))
    plugin.send(
        "CheckHealth",
        health(
            {
                **ask("x")["pluginContext"]["dataSourceInstanceSettings"],
                "id": 33,
                "jsonData": b64('{"health":"hang"}'),
            }
        ),
    )
    stream = plugin.send("RunStream", channel("busy"))
    stream.next_event()

    ended = plugin.kill()

    try:
        assert ended["ms"] < 2000
        assert (ended["exit_code"], ended.get("signal")) == (0, None)
    finally:
        os.kill(child, signal.SIGKILL)


def test_034_sigint_is_ignored(launch: Launch) -> None:
    plugin = launch("full:Full")

    os.kill(plugin.pid, signal.SIGINT)

    time.sleep(0.3)
    assert plugin.call("CheckHealth", health())["code"] == "OK"
    assert not plugin.exited()["exited"]


def test_034_sigterm_ends_it_and_removes_the_socket(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.send("QueryData", ask("hang"))

    os.kill(plugin.pid, signal.SIGTERM)

    assert plugin.exited(2)["exited"]
    assert not Path(plugin.info["addr"]).exists()


def test_035_a_dead_server_ends_the_process_with_an_error(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.call("QueryData", query_data())

    plugin.send("QueryData", ask("stop-server"))

    ended = plugin.exited(15)
    assert ended["exited"]
    assert ended.get("exit_code") not in (None, 0)


def test_036_after_kill_9_it_starts_again_at_once(launch: Launch, short_folder: Path) -> None:
    env = {"PLUGIN_UNIX_SOCKET_DIR": str(short_folder)}
    plugin = launch("full:Full", env=env)
    plugin.call("QueryData", query_data())

    plugin.sigkill()
    assert plugin.exited(2)["exited"]
    deadline = time.monotonic() + 2
    while list(short_folder.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(short_folder.iterdir()) == []
    began = time.monotonic()
    again = launch("full:Full", env=env)

    assert again.call("QueryData", query_data())["responses"]["A"]["status"] == 200
    assert time.monotonic() - began < 5


def started_by_another_host(program: Path, exe: Path, folder: Path) -> tuple[Host, Plugin]:
    other = Host(program, env={"TMPDIR": str(folder)})
    return other, other.start(exe, env=environment("full:Full", TMPDIR=str(folder)))


def test_037_it_ends_when_its_parent_dies(host_program: Path, exe: Path, short_folder: Path) -> None:
    other, plugin = started_by_another_host(host_program, exe, short_folder)
    plugin.send("QueryData", ask("hang"))

    other.sigkill()

    assert gone(plugin.pid, 3)


def test_038_a_killed_parent_leaves_no_socket(host_program: Path, exe: Path, short_folder: Path) -> None:
    other, plugin = started_by_another_host(host_program, exe, short_folder)
    assert list(short_folder.iterdir())

    other.sigkill()

    assert gone(plugin.pid, 3)
    assert list(short_folder.iterdir()) == []
    following = Host(host_program, env={"TMPDIR": str(short_folder)})
    assert following.start(exe, env=environment("full:Full")).call("CheckHealth", health())["code"] == "OK"
    following.close()
