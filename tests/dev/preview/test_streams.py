from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from plugin_cli.dev.preview.bridge import Subscription
from tests.dev.preview.conftest import Served

STREAM = "/api/live/sse/ds/weather/clock"


def lines(response: httpx.Response) -> Iterator[str]:
    return (line for line in response.iter_lines() if line)


def test_the_initial_data_comes_first_then_the_packets(served: Served) -> None:
    served.bridge.subscription = Subscription("OK", b'{"schema":\n{}}')
    served.bridge.packets = [b'{"n":1}', b'{"n":2}']

    with served.http.stream("GET", STREAM) as response:
        found = lines(response)
        got = [next(found) for _ in range(4)]

    assert response.headers["content-type"].startswith("text/event-stream")
    # A line break inside the JSON needs a field of its own.
    assert got == ['data: {"schema":', "data: {}}", 'data: {"n":1}', 'data: {"n":2}']


def test_the_stream_runs_once_for_all_listeners_and_ends_with_the_last(served: Served) -> None:
    served.bridge.subscription = Subscription("OK", b"{}")

    kept: list[Iterator[str]] = []
    with ExitStack() as stack:
        for _ in range(3):
            # Kept: an iterator that is dropped closes its connection.
            kept.append(lines(stack.enter_context(served.http.stream("GET", STREAM))))
            next(kept[-1])
        assert served.bridge.runs == 1
        assert not served.bridge.cancelled.is_set()

    assert served.bridge.cancelled.wait(10)


@pytest.mark.parametrize(("status", "code"), [("NOT_FOUND", 404), ("PERMISSION_DENIED", 403)])
def test_a_refused_subscription_is_an_error_with_a_sentence(served: Served, status: str, code: int) -> None:
    served.bridge.subscription = Subscription(status)

    answer = served.http.get(STREAM)

    assert answer.status_code == code
    assert "clock" in answer.json()["message"]
    assert served.bridge.runs == 0


@pytest.mark.parametrize(
    ("initial", "told"),
    [
        (b'{"message": "no channel; available: ticks"}', "no channel; available: ticks"),
        (b'["clock"]', "the plugin has no stream 'clock'"),
        (b"", "the plugin has no stream 'clock'"),
    ],
)
def test_a_channel_that_is_not_there_is_told_in_the_runtimes_words(
    served: Served, initial: bytes, told: str
) -> None:
    served.bridge.subscription = Subscription("NOT_FOUND", initial)

    assert served.http.get(STREAM).json()["message"] == told


def test_saved_settings_run_the_stream_anew(served: Served) -> None:
    served.bridge.packets = [b"1"]

    with served.http.stream("GET", STREAM) as response:
        found = lines(response)
        assert next(found) == "data: 1"
        served.http.put("/api/datasources/uid/weather", json={"jsonData": {}}).raise_for_status()

        assert next(found) == "data: 1"
    assert served.bridge.runs == 2


def test_pages_are_told_of_a_reload(served: Served) -> None:
    got: list[Any] = []
    with served.http.stream("GET", "/api/preview/events") as response:
        found = lines(response)
        served.events.reload("backend")
        served.events.backend({"running": False})
        got = [next(found) for _ in range(4)]

    assert got == ["event: reload", 'data: {"what": "backend"}', "event: backend", 'data: {"running": false}']
