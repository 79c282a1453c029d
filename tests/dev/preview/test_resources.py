from __future__ import annotations

import pytest

from plugin_cli.dev.preview.bridge import ResourcePart
from tests.dev.preview.conftest import Served
from tests.dev.preview.fake_bridge import unavailable

BASE = "/api/datasources/uid/weather/resources"


def test_a_request_reaches_the_plugin_as_grafana_hands_it_on(served: Served) -> None:
    headers = {
        "X-Custom": "1",
        "Cookie": "session=1",
        "User-Agent": "browser",
        "Content-Type": "application/json",
    }

    served.http.post(
        BASE + "/sta%20tions/1?near=5%20km", content=b'{"a": 1}', headers=headers
    ).raise_for_status()

    asked = served.bridge.resource
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "sta tions/1", b'{"a": 1}')
    assert asked["url"] == "sta%20tions/1?near=5%20km"
    assert asked["headers"] == {
        "X-Custom": ["1"],
        "Content-Type": ["application/json"],
        "Accept": ["*/*"],
        "Accept-Encoding": [served.http.headers["accept-encoding"]],
    }


def test_the_answer_comes_back_part_by_part(served: Served) -> None:
    first = ResourcePart(
        201, b"one ", [("content-type", "text/plain"), ("X-A", "1"), ("X-A", "2"), ("Set-Cookie", "c=1")]
    )
    served.bridge.parts = [first, ResourcePart(0, b"two ", ()), ResourcePart(0, b"three", ())]

    answer = served.http.get(BASE + "/x")

    assert (answer.status_code, answer.text) == (201, "one two three")
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers.get_list("x-a") == ["1", "2"]
    assert "set-cookie" not in answer.headers


def test_an_answer_without_a_content_type_is_json(served: Served) -> None:
    served.bridge.parts = [ResourcePart(200, b"[]")]

    assert served.http.get(BASE).headers["content-type"] == "application/json"


def test_no_answer_at_all_is_an_empty_200(served: Served) -> None:
    answer = served.http.get(BASE + "/x")

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_backend_that_is_away_is_500_with_its_reason(served: Served) -> None:
    served.bridge.failure = unavailable("gone")

    answer = served.http.get(BASE + "/x")

    assert (answer.status_code, answer.json()["message"]) == (500, "Plugin unavailable: gone")


@pytest.mark.parametrize("status", [1, 99, 101, 199, 600, 1000, -5, 2**31 - 1])
def test_a_status_that_http_has_not_is_500_with_a_sentence(served: Served, status: int) -> None:
    served.bridge.parts = [ResourcePart(status, b"x")]

    answer = served.http.get(BASE + "/x")

    assert answer.status_code == 500
    assert answer.json()["message"] == f"the plugin answered with status {status}, which HTTP has not"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_may_have_no_body_has_none(served: Served, status: int) -> None:
    served.bridge.parts = [ResourcePart(status, b"x"), ResourcePart(0, b"y")]

    assert (served.http.get(BASE + "/x").status_code, served.http.get(BASE + "/x").content) == (status, b"")


def test_headers_that_http_has_not_are_left_out_or_made_plain(served: Served) -> None:
    headers = [("X A", "1"), ("", "2"), ("X-B", "a\r\nX-Evil: 1\0"), ("X-C", "München"), ("X\n-D", "3")]
    served.bridge.parts = [ResourcePart(200, b"[]", headers)]

    answer = served.http.get(BASE + "/x")

    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert answer.headers["x-b"] == "a  X-Evil: 1"
    assert dict(answer.headers.raw)[b"x-c"].decode() == "München"
