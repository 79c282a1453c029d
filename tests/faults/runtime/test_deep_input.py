"""However deep or odd what arrives is: a parser's failure is an answer or a line of text."""

from __future__ import annotations

import json

import pytest

from plugin_sdk._json_text import DeepJsonError, loads
from tests.conformance.conftest import Launch
from tests.conformance.host import Plugin
from tests.conformance.messages import ask, b64, channel, health, one_query, query_data, resource, source

DEPTHS = [300, 990, 5_000, 100_000, 1_000_000]
SHAPES = {"lists": (b"[", b"]"), "objects": (b'{"a":', b"}"), "open": (b"[", b"")}


def deep(shape: str, depth: int) -> bytes:
    """Return JSON nested so deep."""
    begin, end = SHAPES[shape]
    return begin * depth + (b"1" if shape == "objects" else b"") + end * depth


@pytest.fixture(scope="module")
def plugin(launch_shared: Launch) -> Plugin:
    return launch_shared("hostile:Sync")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_deep_query_is_a_bad_request_and_the_others_are_answered(
    plugin: Plugin, depth: int, shape: str
) -> None:
    bad = one_query(b'{"refId":"A","x":' + deep(shape, depth) + b"}")

    responses = plugin.call("QueryData", query_data(bad, one_query(ref_id="B")))["responses"]

    assert responses["A"]["status"] == 400
    assert responses["A"]["error"] in ("the query is nested too deeply", "the query is not JSON")
    assert responses["B"]["status"] == 200


@pytest.mark.parametrize("depth", DEPTHS)
def test_deep_settings_are_said_where_the_user_looks(plugin: Plugin, depth: int) -> None:
    ds = source(json_data=b'{"x":' + deep("lists", depth) + b"}", number=depth)

    reply = plugin.call("CheckHealth", health(ds))["reply"]

    assert (reply["status"], reply["message"]) == ("ERROR", "the settings are nested too deeply")
    assert plugin.call("QueryData", query_data(ds=ds))["responses"]["A"]["status"] == 400


@pytest.mark.parametrize("depth", [5_000, 1_000_000])
def test_a_deep_body_of_a_resource_is_a_bad_request(plugin: Plugin, depth: int) -> None:
    request = resource("body", method="POST", body=b64(deep("lists", depth)))

    reply = plugin.call("CallResource", request)["events"][0]["reply"]

    assert reply["code"] == 400


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("key", ["@message", "x"])
def test_a_deep_line_on_stderr_is_passed_on_and_so_is_the_next(plugin: Plugin, depth: int, key: str) -> None:
    plugin.mark()
    depth = min(depth, 30_000)
    line = f'{{"@level":"info","@message":"deep","{key}":' + deep("lists", depth).decode() + "}"

    plugin.call("QueryData", ask("stderr", text=line))
    plugin.call("QueryData", ask("stderr", text="the next line"))

    plugin.wait_log(lambda entry: entry["message"] == "the next line")
    assert [entry for entry in plugin.new_logs() if "[[[" in json.dumps(entry) or entry["message"] == "deep"]


ODD_LINES = (
    '{"@message": 1, "@level": []}',
    '{"@message": {"a": 1}, "@level": "info"}',
    "{",
    "{}",
    '{"@level": "info", "@message": "' + "x" * 200_000 + '"}',
    '{"@level": "info", "@message": "number", "n": ' + "9" * 5_000 + "}",
    "\x00\x01\x1b[31m",
    "[WARN] " + "y" * 100_000,
    'Traceback (most recent call last):\n  File "x", line 1\n' * 50,
)


@pytest.mark.parametrize("number", range(len(ODD_LINES)))
def test_an_odd_line_on_stderr_stops_no_later_one(plugin: Plugin, number: int) -> None:
    plugin.mark()

    plugin.call("QueryData", ask("stderr", text=ODD_LINES[number]))
    plugin.call("QueryData", ask("stderr", text=f"after {number}"))

    plugin.wait_log(lambda entry: entry["message"] == f"after {number}")


def test_deep_data_of_a_channel_reaches_the_handler(plugin: Plugin) -> None:
    request = {**channel("how/well"), "data": b64(deep("lists", 100_000))}

    assert plugin.call("RunStream", request)["code"] == "OK"


@pytest.mark.parametrize("text", [deep("lists", 100_000), deep("objects", 100_000).decode(), b"[" * 100_000])
def test_nothing_but_a_value_error_leaves_the_parser(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply|Expecting"):
        loads(text)


def test_depth_is_told_from_what_is_no_json() -> None:
    with pytest.raises(DeepJsonError):
        loads("[" * 100_000 + "]" * 100_000)
