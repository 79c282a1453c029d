from __future__ import annotations

import socket

import pytest

from tests.dev.preview.conftest import Served


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""]
)
def test_a_foreign_host_is_refused_whatever_is_asked(served: Served, host: str) -> None:
    for path in ("/", "/api/preview", "/public/plugins/acme-weather-datasource/module.js"):
        answer = served.http.get(path, headers={"Host": host.format(port=served.port)})

        assert answer.status_code == 403
        assert "answers to" in answer.json()["message"]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_the_names_of_this_machine_are_served(served: Served, host: str) -> None:
    assert served.http.get("/", headers={"Host": host.format(port=served.port)}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_a_foreign_origin_is_refused_and_nothing_is_changed(served: Served, origin: str) -> None:
    answer = served.http.put(
        "/api/datasources/uid/weather",
        json={"secureJsonData": {"api_key": "theirs"}},
        headers={"Origin": origin},
    )

    assert answer.status_code == 403
    assert served.store.settings.decrypted_secure_json_data == {"api_key": "s3cret"}


def test_the_own_origin_is_served(served: Served) -> None:
    headers = {"Origin": f"http://127.0.0.1:{served.port}"}

    assert (
        served.http.post("/api/ds/query", json={"queries": [{"refId": "A"}]}, headers=headers).status_code
        == 200
    )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_sites_page_embeds_is_refused(served: Served, site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}

    assert served.http.get("/api/datasources/uid/weather/resources/x", headers=headers).status_code == 403
    assert served.bridge.resource == {}


def test_a_followed_link_opens_the_page(served: Served) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert served.http.get("/", headers=headers).status_code == 200


def test_every_answer_carries_the_policy_the_refusal_too(served: Served) -> None:
    for answer in (served.http.get("/"), served.http.get("/", headers={"Host": "evil.example"})):
        policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
        assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == (
            "'none'",
            "'self'",
            "'self'",
        )
        assert [name for name, value in policy.items() if "unsafe" in value] == ["style-src"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_other_address_of_this_machine_answers(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), 10):
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(
            ("127.0.0.2", served.port), 10
        )  # where a listener on all addresses answers too
