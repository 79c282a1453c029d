from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from plugin_sdk.context import PluginContext, UserAgent
from plugin_sdk.errors import (
    DownstreamError,
    ErrorSource,
    PluginError,
    is_deliberate,
    source_of,
    status_of,
    text_of,
)
from plugin_sdk.http import async_http_client, http_client
from plugin_sdk.messages import Headers
from plugin_sdk.messages.current import CurrentRequest, reset_current, set_current
from tests.sdk.http.service import Order, Service
from tests.waiting import eventually

pytestmark = pytest.mark.go
CA = {"tlsAuthWithCACert": True}


def order(service: Service, **data: Any) -> Order:
    return Order(data={**CA, **data}, secrets={"tlsCACert": service.pem("ca")})


# What fails, as a dashboard's user reads it

SENTENCES: dict[str, tuple[str, str, dict[str, Any], int, str]] = {
    "expired": ("expired", "/", {}, 502, "is not valid: certificate has expired; its operators have to renew it"),
    "name": ("renamed", "/", {}, 502, "as ServerName in the data source's settings"),
    "authority": ("server", "/", {"tlsAuthWithCACert": False}, 502, "enter the certificate of its authority"),
    "client": ("client", "/", {}, 502, "enter one in the data source's settings (TLS Client Auth)"),
    "slow": ("server", "/slow", {"timeout": 0.3}, 504, "localhost did not respond within 0.3 seconds"),
    "drops": ("server", "/trickle", {"timeout": 0.3}, 504, "localhost did not respond within 0.3 seconds"),
    "cut": ("server", "/truncated", {}, 502, "closed the connection in the middle of its response"),
    "closed": ("server", "/reset", {}, 502, "closed the connection without a complete response"),
}  # fmt: skip


@pytest.mark.parametrize("name", SENTENCES)
def test_a_failure_is_downstream_with_a_sentence_and_leaves_no_connection(
    name: str, service: Service
) -> None:
    kind, path, data, status, sentence = SENTENCES[name]
    before = service.connections()
    with http_client(order(service, **data).instance()) as client:
        with pytest.raises(DownstreamError) as caught:
            client.get(service.url(kind, path))
        eventually(lambda: service.connections() <= before)

    assert isinstance(caught.value, httpx.TransportError)
    assert sentence in text_of(caught.value)
    assert (status_of(caught.value), source_of(caught.value)) == (status, ErrorSource.DOWNSTREAM)
    assert is_deliberate(caught.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "the data source has no URL"),
        ("localhost:9090", "should begin with http:// or https://"),
        ("ftp://service", "should begin with http:// or https://"),
        ("http://", "should begin with http:// or https://"),
        ("http://[::1", "is not valid"),
        ("http://localhost:1", "localhost:1 refuses connections"),
        ("http://no-such-host.invalid", "no such host: no-such-host.invalid"),
    ],
)
def test_a_wrong_url_is_named(url: str, sentence: str) -> None:
    with pytest.raises(DownstreamError, match=sentence.replace("(", r"\(")):  # noqa: SIM117
        with http_client(Order(data={"url": url}).instance()) as client:
            client.get("/values")


@pytest.mark.parametrize(
    ("data", "config", "sentence"),
    [
        ({"sigV4Auth": True}, {}, "SigV4"),
        (
            {"enableSecureSocksProxy": True},
            {"GF_SECURE_SOCKS_DATASOURCE_PROXY_SERVER_ENABLED": "true"},
            "secure socks proxy",
        ),
    ],
)
def test_what_it_cannot_do_is_refused(data: Any, config: dict[str, str], sentence: str) -> None:
    token = serving(config=config)
    with pytest.raises(PluginError, match=sentence):
        http_client(Order(data=data).instance())
    reset_current(token)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("X Space", "v", "not a name"),
        ("X:Y", "v", "not a name"),
        ("Ä", "v", "not a name"),
        ("X-A", "a\nb", "breaks"),
    ],
)
def test_a_custom_header_that_http_does_not_allow_is_named(name: str, value: str, sentence: str) -> None:
    given = Order(data={"httpHeaderName1": name}, secrets={"httpHeaderValue1": value})

    with pytest.raises(DownstreamError, match=sentence):
        http_client(given.instance())


def test_a_status_that_means_failure_is_downstream_with_the_services_name(service: Service) -> None:
    with http_client(order(service).instance()) as client, pytest.raises(httpx.HTTPStatusError) as caught:
        client.get(service.url("server", "/status/503")).raise_for_status()

    assert (status_of(caught.value), source_of(caught.value)) == (503, ErrorSource.DOWNSTREAM)
    assert "localhost" in text_of(caught.value)


# A cancelled panel


def test_a_disconnected_caller_interrupts_a_sync_request(service: Service) -> None:
    left = threading.Event()
    token = serving(is_cancelled=left.is_set)
    before = service.connections()
    threading.Timer(0.2, left.set).start()
    began = time.monotonic()

    with http_client(order(service).instance()) as client:
        with pytest.raises(DownstreamError, match="cancelled"):
            client.get(service.url("server", "/slow"))
        eventually(lambda: service.connections() <= before)

    reset_current(token)
    assert time.monotonic() - began < 10  # the service would answer after 20


def test_a_cancelled_task_leaves_no_connection(service: Service) -> None:
    before = service.connections()

    async def run() -> None:
        async with async_http_client(order(service).instance()) as client:
            task = asyncio.create_task(client.get(service.url("server", "/slow")))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(eventually, lambda: service.connections() <= before)

    asyncio.run(run())


# Users do not get each other's session


def test_cookies_of_the_service_are_not_kept(service: Service) -> None:
    with http_client(order(service).instance()) as client:
        client.get(service.url("server", "/cookie"))
        received = client.get(service.url("server", "/echo")).json()

    assert "Cookie" not in received["headers"]


@pytest.mark.parametrize(
    ("target", "arrives"),
    [("server", True), ("renamed", False), ("plain", False)],
    ids=["same", "other", "plain"],
)
def test_credentials_do_not_follow_a_redirect_to_another_host(
    target: str, arrives: bool, service: Service
) -> None:
    given = Order(
        data={
            **CA,
            "basicAuth": True,
            "basicAuthUser": "ada",
            "httpHeaderName1": "X-Key",
            "tlsSkipVerify": True,
        },
        secrets={"basicAuthPassword": "pw", "httpHeaderValue1": "k"},
    )
    token = serving(headers={"http_X-Grafana-Id": "token"})
    with http_client(given.instance(), forward_headers=True) as client:
        got = client.get(service.url("server", f"/redirect/302?to={service.url(target, '/echo')}"))

    reset_current(token)
    received = got.json()["headers"]
    assert {name in received for name in ("Authorization", "X-Key", "X-Grafana-Id")} == {arrives}
    assert "X-Key" not in got.request.headers


@pytest.mark.parametrize(
    ("data", "arrives"), [({}, False), ({"oauthPassThru": True}, True), ({"keepCookies": ["a"]}, True)]
)
def test_the_settings_decide_whether_identity_is_forwarded(
    data: Any, arrives: bool, service: Service
) -> None:
    token = serving(headers={"Authorization": "Bearer of-the-user"})
    with http_client(order(service, **data).instance()) as client:
        received = client.get(service.url("server")).json()

    reset_current(token)
    assert ("Authorization" in received["headers"]) is arrives


def test_a_bearer_token_and_the_plugins_name_are_sent(service: Service) -> None:
    context = PluginContext(
        plugin_id="acme-weather-datasource",
        plugin_version="1.2.3",
        user_agent=UserAgent("12.4.3", "linux", "amd64"),
    )
    token = set_current(CurrentRequest(context, Headers(), lambda: False))
    with http_client(
        order(service).instance(), base_url=service.url("server", "/api"), bearer_token="t"
    ) as client:
        received = client.get("/values").json()

    reset_current(token)
    assert received["url"] == "/api/values"
    assert received["headers"]["Authorization"] == ["Bearer t"]
    assert received["headers"]["User-Agent"] == [
        "Grafana/12.4.3 (linux; amd64) acme-weather-datasource/1.2.3"
    ]


# Time and size


def test_a_request_may_have_a_time_of_its_own(service: Service) -> None:
    with (
        http_client(order(service).instance()) as client,
        pytest.raises(httpx.ReadTimeout, match=r"within 0\.2 seconds"),
    ):
        client.get(service.url("server", "/slow"), timeout=0.2)


def test_some_kilobytes_that_stand_for_gigabytes_are_stopped(service: Service) -> None:
    with (
        http_client(order(service).instance(), response_limit=1_000_000) as client,
        pytest.raises(DownstreamError, match="larger than the limit of 1000000 bytes"),
    ):
        client.get(service.url("server", "/gzip/300000000"))


@pytest.mark.parametrize(
    ("config", "variable", "own", "limit"),
    [("500", "600", 700, 500), ("", "600", 700, 600), ("", "", 700, 700), ("0", "x", 700, 700)],
)
def test_the_limit_comes_from_grafana_then_the_environment_then_the_plugin(
    config: str, variable: str, own: int, limit: int, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GF_DATAPROXY_RESPONSE_LIMIT", variable)
    token = serving(config={"GF_RESPONSE_LIMIT": config})
    with http_client(order(service).instance(), response_limit=own) as client:
        client.get(service.url("server", f"/bytes/{limit}"))
        with pytest.raises(DownstreamError, match=f"limit of {limit} bytes"):
            client.get(service.url("server", f"/bytes/{limit + 1}"))
    reset_current(token)


def test_a_connection_is_used_again_and_a_closed_one_is_replaced(service: Service) -> None:
    with http_client(order(service).instance()) as client:
        before = service.connections()
        for _ in range(3):
            client.get(service.url("server"))
        assert service.connections() == before + 1
        assert client.get(service.url("server", "/bytes/3")).text == "xxx"


def test_the_private_key_does_not_stay_on_the_disk(
    service: Service, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    secrets = {"tlsCACert": "ca", "tlsClientCert": "client"}
    given = Order(
        data={"tlsAuth": True},
        secrets={name: service.pem(pem) for name, pem in secrets.items()}
        | {"tlsClientKey": service.key("client")},
    )
    with http_client(given.instance()) as client:
        assert client.get(service.url("client")).json()["client"] == "a client"

    assert list(tmp_path.iterdir()) == []


def serving(
    headers: dict[str, str] | None = None,
    config: dict[str, str] | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Any:
    from plugin_sdk.context import GrafanaConfig

    context = PluginContext(grafana_config=GrafanaConfig(config))
    return set_current(CurrentRequest(context, Headers(headers), is_cancelled))


def test_an_authority_of_the_settings_is_the_only_one_trusted(service: Service) -> None:
    from plugin_sdk.http.options import TlsOptions
    from plugin_sdk.http.tls import tls_context

    assert tls_context(TlsOptions(ca_cert=service.pem("ca"))).cert_store_stats()["x509_ca"] == 1
