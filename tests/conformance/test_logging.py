"""Items 18 to 26: log lines as go-plugin parses them and Grafana receives them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.host import Answer, Plugin
from tests.conformance.messages import ask, context, health, one_query, query_data, source

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")


def by_message(text: str) -> Callable[[Answer], bool]:
    return lambda entry: text in entry["message"]


def logged(plugin: Plugin, do: str, wanted: str, **model: Any) -> Answer:
    """Have a query log something and return the parsed line."""
    plugin.mark()
    plugin.call("QueryData", ask(do, **model))
    return plugin.wait_log(by_message(wanted))


def raw_lines(plugin: Plugin, do: str, wanted: str, **model: Any) -> list[dict[str, Any]]:
    """Have a query log something and return the JSON lines on stderr."""
    plugin.stdio()
    logged(plugin, do, wanted, **model)
    return [json.loads(line) for line in plugin.stdio()["stderr"].splitlines() if line.startswith("{")]


def test_018_a_line_carries_message_level_and_fields(full: Plugin) -> None:
    entry = logged(full, "log", "hello from the author", text="hello from the author")

    assert entry["level"] == "info"
    assert entry["message"] == "hello from the author"
    assert (entry["fields"]["number"], entry["fields"]["who"]) == (7, "author")


def test_018_the_same_line_of_a_go_plugin_parses_alike(full: Plugin, go_plugin: Plugin) -> None:
    ours = logged(full, "log", "compare me", text="compare me")
    theirs = logged(go_plugin, "log", "compare me", text="compare me")

    assert (ours["level"], ours["message"]) == (theirs["level"], theirs["message"])
    # The Go plugin's logger names its fields as ours do; what either adds of its own is not compared.
    for key in ("number", "who", "endpoint", "pluginId", "dsName", "dsUid", "uname"):
        assert ours["fields"][key] == theirs["fields"][key], key


def test_018_every_line_on_stderr_is_one_json_object(full: Plugin) -> None:
    full.stdio()
    for kind in ("nan", "surrogate", "long", "reserved", "object", "newline", "exception"):
        full.call("QueryData", ask("log-odd", kind=kind))
    full.mark()
    full.call("CheckHealth", health())
    full.wait_log(by_message("Completed"))

    lines = full.stdio()["stderr"].splitlines()

    assert len(lines) > 7
    for line in lines:
        assert isinstance(json.loads(line, parse_constant=lambda name: pytest.fail(name)), dict)


def test_019_timestamps_have_six_digits_and_a_zone(full: Plugin) -> None:
    lines = raw_lines(full, "log", "timed", text="timed")

    assert lines
    for line in lines:
        assert TIMESTAMP.fullmatch(line["@timestamp"]), line["@timestamp"]


def test_020_levels_are_those_of_hclog(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", ask("log-odd", kind="levels"))

    for name, level in [
        ("debug", "debug"),
        ("info", "info"),
        ("warning", "warn"),
        ("error", "error"),
        ("critical", "error"),
    ]:
        assert full.wait_log(by_message("at " + name))["level"] == level


def test_021_no_field_can_replace_the_lines_own_keys(full: Plugin) -> None:
    entry = logged(full, "log-odd", "reserved keys", kind="reserved")

    assert (entry["level"], entry["message"]) == ("info", "reserved keys")


@pytest.mark.parametrize(
    "line",
    [
        '{"@message": 5, "@level": "info"}',
        '{"@message": "m", "@level": null}',
        '{"@message": "m", "@level": "info", "@timestamp": 7}',
        '{"@message": {}, "@level": []}',
    ],
)
@pytest.mark.parametrize("child", [False, True])
def test_021_foreign_json_on_stderr_cannot_end_grafana(full: Plugin, line: str, child: bool) -> None:
    # go-plugin's reader panics on these; the host, and every test after this one, would be gone.
    answer = full.call("QueryData", ask("stderr", text=line + "\n", child=child))

    assert answer["responses"]["A"]["status"] == 200
    assert full.call("CheckHealth", health())["code"] == "OK"
    for entry in full.stdio()["stderr"].splitlines():
        if entry.startswith("{"):
            assert all(
                isinstance(json.loads(entry).get(key, ""), str)
                for key in ("@message", "@level", "@timestamp")
            )


@pytest.mark.parametrize(
    ("kind", "text"), [("nan", "not a number"), ("surrogate", "half a"), ("object", "object")]
)
def test_022_values_that_json_lacks_keep_the_line_whole(full: Plugin, kind: str, text: str) -> None:
    entry = logged(full, "log-odd", text, kind=kind)

    assert entry["level"] == "info"


def test_023_an_exception_in_a_thread_is_an_error_with_its_stack(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", ask("uncaught", kind="thread"))

    entry = full.wait_log(lambda entry: "ZeroDivisionError" in str(entry["fields"].get("stack", "")))

    assert entry["level"] == "error"


def test_023_a_logged_exception_carries_its_stack(full: Plugin) -> None:
    entry = logged(full, "log-odd", "it went wrong", kind="exception")

    assert entry["level"] == "error"
    assert "KeyError: 'lost'" in entry["fields"]["stack"]


def test_023_warnings_are_warnings(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", ask("uncaught", kind="warning"))

    assert full.wait_log(by_message("take care"))["level"] == "warn"


def test_023_a_traceback_printed_by_hand_is_not_lost(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", ask("uncaught", kind="traceback"))

    full.wait_log(lambda entry: "printed by hand" in entry["message"] + str(entry["fields"]))


def test_024_a_long_line_keeps_level_and_fields(full: Plugin) -> None:
    entry = logged(full, "log-odd", "long line", kind="long")

    assert entry["level"] == "warn"
    assert entry["fields"]["kept"] == "yes"
    assert len(json.dumps(entry)) < 65_536


def test_025_debug_lines_are_sent_and_filtering_is_left_to_grafana(full: Plugin) -> None:
    full.mark()
    full.call("QueryData", query_data())

    entry = full.wait_log(by_message("Plugin Request Started"))

    assert entry["level"] == "debug"


def completed(
    plugin: Plugin, request: dict[str, Any], method: str = "QueryData", **trace: str
) -> dict[str, Any]:
    """Make a call and return its closing line, found by a mark of its own: lines of earlier calls come late."""
    plugin.mark()
    mark = f"m{next(_marks)}"
    plugin.call(method, request, metadata={"loggerparamsctxmetadata": f"mark:::{mark}", **trace})
    return plugin.wait_log(
        lambda entry: entry["message"] == "Plugin Request Completed" and entry["fields"].get("mark") == mark
    )


_marks = itertools.count()
CONTEXT_KEYS = ("pluginId", "pluginVersion", "endpoint", "dsName", "dsUid", "uname", "traceId")


@pytest.mark.parametrize(
    ("method", "message"), [("QueryData", query_data()), ("CheckHealth", health())], ids=["query", "health"]
)
def test_026_request_lines_are_those_of_go(
    full: Plugin, go_plugin: Plugin, method: str, message: dict[str, Any]
) -> None:
    trace = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

    ours = completed(full, message, method, **trace)
    theirs = completed(go_plugin, message, method, **trace)

    assert ours["level"] == theirs["level"] == "info"
    assert ours["fields"]["status"] == theirs["fields"]["status"] == "ok"
    assert ours["fields"]["statusSource"] == theirs["fields"]["statusSource"]
    assert "duration" in theirs["fields"]
    assert "duration" in ours["fields"]
    for key in CONTEXT_KEYS:
        assert ours["fields"].get(key) == theirs["fields"].get(key), key


def test_026_metadata_for_log_lines_is_added(full: Plugin, go_plugin: Plugin) -> None:
    extra = {"loggerparamsctxmetadata": "panel:::42"}

    for plugin in (full, go_plugin):
        plugin.mark()
        plugin.call("QueryData", ask("log", text="with more"), metadata=extra)
        assert plugin.wait_log(by_message("with more"))["fields"]["panel"] == "42"


def test_026_a_failed_query_is_an_error_line_with_its_refid(full: Plugin, go_plugin: Plugin) -> None:
    for plugin in (full, go_plugin):
        entry = completed(plugin, ask("downstream", text="no answer", status=502))
        assert (entry["level"], entry["fields"]["status"]) == ("error", "error"), plugin
        assert entry["fields"]["statusSource"] == "downstream"
        partial = plugin.wait_log(by_message("Partial data response error"))
        assert partial["fields"]["refID"] == "A"
        assert partial["fields"]["error"] == "no answer"


def test_026_secrets_are_in_no_line(full: Plugin) -> None:
    full.call("QueryData", ask("panic", text="boom"))
    full.call(
        "QueryData", query_data(one_query({"do": "echo"}), ds=source(json_data={"fail": "x"}, number=26))
    )

    assert "s3cret-token" not in json.dumps(full.all_logs())
    assert "s3cret-token" not in full.stdio()["stderr"]


def test_026_a_request_without_data_source_has_no_empty_fields(full: Plugin) -> None:
    bare = {"pluginContext": {"pluginId": context()["pluginId"]}}

    entry = completed(full, bare, "CollectMetrics")

    assert entry["fields"]["endpoint"] == "collectMetrics"
    assert "dsUid" not in entry["fields"]
