from __future__ import annotations

import socket

import httpx
import pytest

from tests.dev.preview.conftest import TOKEN, Served


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


CLOSED = [
    ("GET", "/"),
    ("GET", "/api/preview"),
    ("GET", "/api/preview/events"),
    ("GET", "/api/preview/alerts"),
    ("GET", "/api/datasources/uid/weather"),
    ("PUT", "/api/datasources/uid/weather"),
    ("GET", "/api/datasources/uid/weather/health"),
    ("POST", "/api/datasources/uid/weather/resources/x"),
    ("GET", "/api/datasources/uid/weather/resources/x?token=" + TOKEN),
    ("POST", "/api/ds/query"),
    ("GET", "/api/live/sse/ds/weather/x"),
    ("GET", "/metrics/plugins/acme-weather-datasource"),
    ("GET", "/anything"),
]
WRONG: list[dict[str, str]] = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": f"Bearer {TOKEN}x"},
    {"Authorization": f"Basic {TOKEN}"},
    {"Authorization": "Bearer \u00e9"},
    {"Cookie": f"plugin-cli-1={TOKEN}"},
    {"Cookie": "plugin-cli-{port}=wrong"},
]


@pytest.mark.parametrize("headers", WRONG)
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_another_account_of_the_machine_reads_and_changes_nothing(
    served: Served, method: str, path: str, headers: dict[str, str]
) -> None:
    sent = {name.encode(): value.format(port=served.port).encode() for name, value in headers.items()}
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as other:
        answer = other.request(method, path, headers=sent, content=b"{}" if method != "GET" else None)

    assert answer.status_code == 401
    assert "plugin-cli dev open" in answer.text
    assert "set-cookie" not in answer.headers
    assert served.bridge.settings is None


@pytest.mark.parametrize("query", ["", "?token=wrong", "?token=", "?other=1"])
def test_the_page_opens_by_its_token_alone(served: Served, query: str) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as browser:
        assert browser.get(f"/{query}").status_code == 401
        opened = browser.get(f"/?token={TOKEN}")

        assert opened.status_code == 200
        assert opened.headers["set-cookie"] == (
            f"plugin-cli-{served.port}={TOKEN}; Path=/; HttpOnly; SameSite=Strict"
        )
        assert browser.get("/api/preview").status_code == 200, "the cookie is enough from now on"
        assert browser.get("/").status_code == 200


def test_the_files_of_the_page_need_no_token(served: Served) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as browser:
        assert browser.get("/public/plugins/acme-weather-datasource/module.js").status_code == 200
        assert browser.get("/_page/index.html").status_code == 200
