"""Items 98 to 101 and 107 to 117: exceptions, concurrency, disposal, crashes, hostile input, go-plugin's tests."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from tests.conformance.conftest import FOLDER, Launch, environment
from tests.conformance.host import Host, HostError, Plugin
from tests.conformance.messages import (
    FROM_MS,
    TO_MS,
    Message,
    ask,
    b64,
    channel,
    context,
    echoed,
    health,
    one_query,
    query_data,
    resource,
    source,
    values,
)
from tests.conformance.spawn import descriptors_of


@pytest.mark.parametrize(
    ("method", "request_", "text"),
    [
        ("CallResource", resource("panic"), "resource panicked"),
        ("CallResource", resource("late-failure"), "failed in the middle"),
        ("RunStream", channel("panic"), "stream panicked"),
        ("QueryData", ask("panic", text="query panicked"), "query panicked"),
        ("CheckHealth", health(source(json_data={"health": "panic"}, number=98)), "health panicked"),
    ],
    ids=["resource", "resource-late", "stream", "query", "health"],
)
def test_098_an_exception_is_logged_with_its_stack_and_survived(
    full: Plugin, method: str, request_: Message, text: str
) -> None:
    full.mark()

    answer = full.call(method, request_)

    full.wait_log(lambda entry: entry["level"] == "error" and text in str(entry["fields"].get("stack", "")))
    assert text in json.dumps(answer) or answer["code"] == "Unknown" or method == "CallResource"
    assert not full.exited()["exited"]


@pytest.mark.parametrize(
    ("method", "request_"),
    [("RunStream", channel("panic")), ("QueryData", ask("request-panic", text="boom"))],
    ids=["stream", "query"],
)
def test_098_a_panic_has_the_code_and_the_words_of_go(
    full: Plugin, whole: Plugin, go_plugin: Plugin, method: str, request_: Message
) -> None:
    ours = (full if method == "RunStream" else whole).call(method, request_)
    theirs = go_plugin.call(method, request_)

    assert ours["code"] == theirs["code"] == "Unknown"
    assert ours["message"].startswith("panic triggered: ")
    assert theirs["message"].startswith("panic triggered: ")


@pytest.mark.parametrize("action", ["base-exception", "system-exit"])
def test_098_exceptions_beyond_exception_are_caught_too(full: Plugin, action: str) -> None:
    answer = full.call("QueryData", query_data(one_query({"do": action, "text": "t"}), one_query(ref_id="B")))

    assert answer["responses"]["A"]["error"]
    assert answer["responses"]["B"]["status"] == 200
    assert full.call("CheckHealth", health())["code"] == "OK"


def slept(count: int, ms: int, action: str = "sleep") -> Message:
    return query_data(*[one_query({"do": action, "ms": ms}, f"q{index}") for index in range(count)])


@pytest.mark.parametrize(("kind", "action"), [("full", "sleep"), ("asynchronous", "wait")])
def test_099_queries_run_at_once_up_to_ten(request: pytest.FixtureRequest, kind: str, action: str) -> None:
    plugin: Plugin = request.getfixturevalue(kind)
    plugin.call("QueryData", query_data())

    ten = plugin.call("QueryData", slept(10, 1500, action))["elapsed_us"] / 1e6
    eleven = plugin.call("QueryData", slept(11, 1500, action))["elapsed_us"] / 1e6

    assert 1.5 <= ten < 3.0  # one after another after nine: 3 s
    assert eleven >= 3.0


def test_099_a_panic_is_its_own_refids_500(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(
        *[one_query({"do": "panic", "text": "boom"} if n == 3 else {}, f"q{n}") for n in range(6)]
    )

    ours = full.call("QueryData", request)["responses"]

    assert (ours["q3"]["status"], ours["q3"]["error_source"]) == (500, "plugin")
    assert [ours[f"q{n}"]["status"] for n in (0, 1, 2, 4, 5)] == [200] * 5
    assert go_plugin.call("QueryData", request)["code"] == "OK"


def test_100_each_instance_is_disposed_once_when_the_plugin_ends(launch: Launch) -> None:
    plugin = launch("full:Full")
    numbers = [
        echoed(plugin.call("QueryData", ask("echo", ds=source(number=number))))["instance"]
        for number in (1, 2, 3)
    ]

    plugin.kill()

    disposed = [
        entry["fields"]["number"] for entry in plugin.logs() if entry["message"] == "instance disposed"
    ]
    assert sorted(map(int, disposed)) == sorted(numbers)


def test_100_a_long_re_creation_holds_up_no_other_data_source(full: Plugin) -> None:
    full.call("QueryData", query_data(ds=source(number=1001)))
    slow = full.send(
        "QueryData", query_data(ds=source(json_data={"slow_ms": 4000}, number=1001, updated=2_000))
    )
    time.sleep(0.2)

    full.call("QueryData", query_data(ds=source(number=1002)))

    assert not slow.done
    assert slow.result()["responses"]["A"]["status"] == 200


def test_101_a_plugin_error_outweighs_a_downstream_one_as_in_go(full: Plugin, go_plugin: Plugin) -> None:
    request = query_data(
        one_query({"do": "downstream", "text": "d"}),
        one_query({"do": "plugin", "text": "p"}, "B"),
        one_query({"do": "downstream", "text": "d"}, "C"),
    )
    for plugin in (full, go_plugin):
        plugin.mark()
        plugin.call("QueryData", request)
        entry = plugin.wait_log(
            lambda entry: (
                entry["message"] == "Plugin Request Completed" and entry["fields"]["status"] == "error"
            )
        )
        assert entry["fields"]["statusSource"] == "plugin"


def test_107_no_profiling_port_is_open(full: Plugin) -> None:
    assert full.call("CheckHealth", health())["code"] == "OK"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}

    assert listening.isdisjoint(descriptors_of(full.pid))


def test_108_a_crash_ends_the_call_at_once(launch: Launch) -> None:
    plugin = launch("full:Full")
    others = [plugin.send("QueryData", ask("hang")) for _ in range(3)]
    time.sleep(0.3)
    began = time.monotonic()

    assert plugin.call("QueryData", ask("die"), seconds=10)["code"] == "Unavailable"

    assert [other.result(5)["code"] for other in others] == ["Unavailable"] * 3
    assert time.monotonic() - began < 3
    assert plugin.exited(2)["exited"]


def test_109_hung_handlers_hold_up_nothing_else(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.call("QueryData", query_data())
    for index in range(50):
        plugin.send("QueryData", ask("hang"))
        plugin.send(
            "CheckHealth", health(source(json_data={"health": "hang"}, number=1090))
        ) if index < 5 else None
    time.sleep(0.5)

    for method, request in (
        ("CheckHealth", health()),
        ("QueryData", query_data()),
        ("CollectMetrics", {"pluginContext": context()}),
        ("CallResource", resource("stations")),
    ):
        assert plugin.call(method, request)["code"] == "OK", method
    assert plugin.kill()["ms"] < 2000


def test_109_a_blocking_call_in_an_async_handler_holds_up_no_health_and_no_shutdown(launch: Launch) -> None:
    plugin = launch("others:Async")
    plugin.call("QueryData", query_data())
    plugin.send("QueryData", ask("block", ms=30_000))
    time.sleep(0.3)

    assert plugin.call("CollectMetrics", {"pluginContext": context()})["code"] == "OK"
    plugin.ping()
    assert plugin.kill()["ms"] < 2000


def test_110_a_hung_factory_blocks_its_own_data_source_alone(launch: Launch) -> None:
    plugin = launch("full:Full")
    plugin.call("QueryData", query_data())
    plugin.send("QueryData", query_data(ds=source(json_data={"hang": True}, number=110)))
    time.sleep(0.3)

    for ds in (source(), source(number=111)):  # one that has its instance, one that needs a new one
        assert plugin.call("QueryData", query_data(ds=ds))["responses"]["A"]["status"] == 200
    assert plugin.kill()["ms"] < 2000


def test_110_a_hung_import_lets_the_plugin_start_and_stop(launch: Launch) -> None:
    plugin = launch("noisy_import:Noisy", env={"GF_PLUGIN_CONFORMANCE_IMPORT_SECONDS": "3600"})

    plugin.send("QueryData", query_data())
    plugin.ping()

    assert plugin.kill()["ms"] < 2000


def test_111_huge_payloads_are_served_or_refused(full: Plugin) -> None:
    assert full.call("QueryData", ask("size"), pad=15 * 1024 * 1024)["code"] == "OK"
    assert full.call("QueryData", ask("size"), pad=17 * 1024 * 1024)["code"] == "ResourceExhausted"
    big = full.call("QueryData", ask("big", bytes=70 * 1024 * 1024), brief=True)
    assert (big["code"], big["size"] > 64 * 1024 * 1024) == ("OK", True)


HOSTILE: dict[str, Message] = {
    "nothing": {},
    "no context": {"queries": [one_query()]},
    "no data source": {"pluginContext": {"orgId": 1, "pluginId": "x"}, "queries": [one_query()]},
    "no time range": query_data({key: value for key, value in one_query().items() if key != "timeRange"}),
    "no queries": {"pluginContext": context()},
    "same refIds": query_data(one_query(), one_query()),
    "empty refId": query_data(one_query(ref_id="")),
    "bytes as settings": query_data(ds=source(json_data=b"\xff\xfe", number=1121)),
    "a list as settings": query_data(ds=source(json_data=[1], number=1122)),
    "negative interval": query_data(one_query(intervalMS=-5, maxDataPoints=-1)),
    "from after to": query_data(one_query(timeRange={"fromEpochMS": TO_MS, "toEpochMS": FROM_MS})),
    "far future": query_data(one_query(timeRange={"fromEpochMS": 2**62, "toEpochMS": 2**63 - 1})),
    "updated far away": query_data(ds=source(number=1123, updated=2**62)),
    "query is a list": query_data(one_query(b"[1]")),
    "query is binary": query_data(one_query(b"\x00\xff")),
    "query is deep": query_data(one_query(b"[" * 100_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_112_bad_input_never_ends_the_process(full: Plugin, name: str) -> None:
    answer = full.call("QueryData", HOSTILE[name])

    assert answer["code"] in {"OK", "Unknown"}, answer["message"]
    assert full.call("QueryData", query_data())["responses"]["A"]["status"] == 200


@pytest.mark.parametrize("data", ["ff", "0a05ffffff", "08", "1a8080808010"])
@pytest.mark.parametrize("method", ["Data/QueryData", "Diagnostics/CheckHealth"])
def test_112_bytes_that_are_no_message_are_refused(full: Plugin, method: str, data: str) -> None:
    assert full.raw(f"/pluginv2.{method}", b64(bytes.fromhex(data)))["code"] != "OK"
    assert full.call("CheckHealth", health())["code"] == "OK"


def test_112_a_query_without_data_source_says_so(full: Plugin) -> None:
    answer = full.call("QueryData", HOSTILE["no data source"])

    text = answer["message"] + json.dumps(answer.get("responses", {}))
    assert "data source" in text


UNICODE = ["❤️ 🦥", "שלום", "a\u0000b", "𝄞", "e\u0301", "\u202eback", "\ufeffbom", "line\nbreak"]


@pytest.mark.parametrize("text", UNICODE)
def test_113_any_unicode_goes_through(full: Plugin, go_plugin: Plugin, text: str) -> None:
    ds = source(number=1130 + UNICODE.index(text), name=text)
    ours, theirs = (
        echoed(plugin.call("QueryData", ask("echo", ref_id=text, ds=ds)), text)
        for plugin in (full, go_plugin)
    )

    assert ours["ds"]["name"] == theirs["ds"]["name"] == text
    assert ours["ref"] == text


@pytest.mark.parametrize("text", UNICODE)
def test_113_any_unicode_is_an_error_and_a_log_line(full: Plugin, go_plugin: Plugin, text: str) -> None:
    ours, theirs = (
        plugin.call("QueryData", ask("plugin", text=text))["responses"]["A"]["error"]
        for plugin in (full, go_plugin)
    )
    assert ours == theirs == text

    full.mark()
    full.call("QueryData", ask("log-odd", kind="unicode", text=text))
    entry = full.wait_log(lambda entry: "kv" in entry["fields"])
    assert (entry["message"], entry["fields"]["kv"]) == (text, text)


@pytest.mark.parametrize("do", ["empty", "no-fields"])
def test_114_empty_answers_are_those_of_go(full: Plugin, go_plugin: Plugin, do: str) -> None:
    ours, theirs = (plugin.call("QueryData", ask(do))["responses"]["A"] for plugin in (full, go_plugin))

    assert (ours["status"], ours["error"]) == (theirs["status"], theirs["error"]) == (200, "")
    assert ours["frames"] == theirs["frames"]


def test_114_null_nan_and_infinity_stay_distinct(full: Plugin) -> None:
    frame = full.call("QueryData", ask("odd-numbers"))["responses"]["A"]["frames"][0]

    assert frame["data"]["values"][0] == [1, None, None, None, None]
    assert frame["data"]["entities"][0] == {"NaN": [1], "Inf": [2], "NegInf": [3]}


def test_115_children_inherit_no_socket(full: Plugin) -> None:
    seen = echoed(full.call("QueryData", ask("child-sockets")))

    assert seen["sockets"] == 0, seen["listing"]


def test_115_multiprocessing_works(full: Plugin) -> None:
    seen = echoed(full.call("QueryData", ask("spawn"), seconds=30))

    assert seen["doubled"] == 42


# What go-plugin tests of its own hosts


def test_116_a_wrong_protocol_version_is_an_error(host: Host, exe: Path) -> None:
    with pytest.raises(HostError, match=r"[Vv]ersion|Unrecognized|exited"):
        host.start(exe, env=environment(), version=3, timeout_ms=5000)


def test_116_plain_stderr_is_debug_and_prefixes_pick_the_level(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", ask("stderr", text="plain words\n[WARN] careful\n[ERROR] worse\n"))

    assert full.wait_log(lambda entry: "plain words" in entry["message"])["level"] == "debug"
    assert full.wait_log(lambda entry: "careful" in entry["message"])["level"] == "warn"
    assert full.wait_log(lambda entry: "worse" in entry["message"])["level"] == "error"


def test_116_a_traceback_on_stderr_is_one_error(full: Plugin) -> None:
    text = 'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\n    boom()\nValueError: by hand\nafter\n'
    full.mark()
    full.call("QueryData", ask("stderr", text=text, child=True))

    entry = full.wait_log(lambda entry: "ValueError: by hand" in entry["message"])

    assert entry["level"] == "error"
    assert "boom()" in entry["fields"]["stack"]
    assert full.wait_log(lambda entry: entry["message"] == "after")["level"] == "debug"


def test_116_ping_after_many_calls(full: Plugin) -> None:
    for _ in range(20):
        full.ping()


def test_117_the_test_client_answers_as_the_real_process(full: Plugin) -> None:
    sys.path.insert(0, str(FOLDER / "plugin"))
    try:
        from conformance_plugin.full import Full

        from plugin_sdk.testing import in_process, settings

        with in_process(Full) as plugin:
            result = plugin.query_data(
                [{"refId": "A"}, {"refId": "B", "do": "plugin", "text": "bad", "status": 400}], settings()
            )
            checked = plugin.check_health(settings())
    finally:
        sys.path.remove(str(FOLDER / "plugin"))

    real = full.call(
        "QueryData", query_data(one_query(), one_query({"do": "plugin", "text": "bad", "status": 400}, "B"))
    )["responses"]
    assert [field.name for field in result["A"].frames[0].fields] == ["time", "value"]
    assert result["A"].frames[0].fields[1].to_list() == values(real["A"], "value")
    assert (result["B"].error, result["B"].status) == (real["B"]["error"], real["B"]["status"])
    assert checked.message == full.call("CheckHealth", health())["reply"]["message"]


def test_117_the_spawning_client_speaks_the_real_handshake(exe: Path) -> None:
    from plugin_sdk.testing import PluginProcess, settings

    with PluginProcess([str(exe)], env=environment("full:Full")) as plugin:
        assert plugin.client.check_health(settings()).message == "all well"
