"""The same settings, the same service: what our client sends and how it fails, judged by the Go SDK's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.sdk.http.service import GoClient, Order, Outcome, Service, send, send_async

pytestmark = pytest.mark.go

CA: dict[str, Any] = {"tlsAuthWithCACert": True}
CLIENT: dict[str, Any] = {"tlsAuth": True, "tlsAuthWithCACert": True}
FORWARDED = {
    "Authorization": "Bearer of-the-user", "X-Id-Token": "id", "Cookie": "a=b", "http_X-Grafana-User": "ada",
    "http_X-Dashboard-Uid": "d1", "X-Not-Forwarded": "no",
}  # fmt: skip
BASIC = {"basicAuth": True, "basicAuthUser": "ada"}
HEADERS = {"httpHeaderName1": "X-One", "httpHeaderName2": "X-Two", "httpHeaderName4": "X-After-A-Gap"}
VALUES = {"httpHeaderValue1": "1", "httpHeaderValue2": "2", "httpHeaderValue4": "4"}

REQUESTS: dict[str, Order] = {
    "plain": Order("plain"),
    "https": Order(),
    "post": Order(method="POST", body='{"a": 1}', headers={"Content-Type": "application/json"}),
    "put": Order(method="PUT", body="x" * 70_000),
    "delete": Order(method="DELETE"),
    "query and path": Order(path="/a%20b/c?x=1&y=%C3%A9&x=2"),
    "header of the author": Order(headers={"X-Own": "yes", "Accept": "text/csv"}),
    "basic auth": Order(data=BASIC, secrets={"basicAuthPassword": "s3cret"}),
    "basic auth without a password": Order(data=BASIC),
    "basic auth with letters beyond ASCII": Order(data=BASIC, secrets={"basicAuthPassword": "pässwörd"}),
    "basic auth at the top": Order(
        basic_auth=True, basic_user="top", data=BASIC, secrets={"basicAuthPassword": "s3cret"}
    ),
    "user and password": Order(user="bob", secrets={"password": "pw"}),
    "the author's authorization wins": Order(
        data=BASIC, secrets={"basicAuthPassword": "x"}, headers={"Authorization": "Bearer mine"}
    ),
    "basic auth of the wrong type": Order(data={"basicAuth": "true", "basicAuthUser": "ada"}),
    "custom headers": Order(data=HEADERS, secrets=VALUES),
    "custom header without a value": Order(data=HEADERS, secrets={"httpHeaderValue2": "2"}),
    "custom header twice": Order(
        data={"httpHeaderName1": "X-Same", "httpHeaderName2": "X-Same"}, secrets=VALUES
    ),
    "custom authorization wins over basic auth": Order(
        data={**BASIC, "httpHeaderName1": "Authorization"}, secrets={"httpHeaderValue1": "Token t"}
    ),
    "custom header wins over the author's": Order(data=HEADERS, secrets=VALUES, headers={"X-One": "mine"}),
    "custom host": Order(data={"httpHeaderName1": "Host"}, secrets={"httpHeaderValue1": "virtual.example"}),
    "custom headers in a lower case": Order(
        data={"httpHeaderName1": "x-scope-orgid"}, secrets={"httpHeaderValue1": "tenant"}
    ),
    "forwarded": Order(forward=True, incoming=FORWARDED),
    "not forwarded": Order(incoming=FORWARDED),
    "forwarded beside basic auth": Order(
        forward=True, incoming=FORWARDED, data=BASIC, secrets={"basicAuthPassword": "x"}
    ),
    "forwarded beside the author's": Order(
        forward=True, incoming=FORWARDED, headers={"X-Grafana-User": "another"}
    ),
    "from an alert": Order(incoming={"FromAlert": "true"}),
    "from an alert, forwarded": Order(forward=True, incoming={"FromAlert": "true", **FORWARDED}),
    "certificate and key": Order("client", data=CLIENT, secrets={"tlsClientCert": "client", "tlsClientKey": "client"}),
    "certificate and key with the authority's switch alone": Order(
        data=CA, secrets={"tlsClientCert": "client", "tlsClientKey": "client"}
    ),
    "certificate without a key": Order(data=CLIENT, secrets={"tlsClientCert": "client"}),
    "certificate with the switches off": Order(
        data={"tlsSkipVerify": True}, secrets={"tlsClientCert": "client", "tlsClientKey": "client"}
    ),
    "skip verify": Order("expired", data={"tlsSkipVerify": True}, secrets={"tlsCACert": ""}),
    "skip verify of another name": Order("renamed", data={"tlsSkipVerify": True}),
    "server name": Order("renamed", data={**CA, "serverName": "other.example"}),
    "server name with the switches off": Order(data={"tlsSkipVerify": True, "serverName": "other.example"}),
    "TLS 1.3 forced": Order(config={"GF_INSTANCE_FEATURE_TOGGLES_ENABLE": "pluginsForceTls13"}),
    "redirect": Order(path="/redirect/302?to=/echo", method="POST", body="lost"),
    "redirect that keeps the body": Order(path="/redirect/307?to=/echo", method="POST", body="kept"),
    "redirect with credentials": Order(
        path="/redirect/301?to=/echo", data={**BASIC, **HEADERS}, secrets={"basicAuthPassword": "x", **VALUES}
    ),
    "gzip": Order(path="/gzip/100000"),
    "gzip that the author asks for": Order(path="/echo", headers={"Accept-Encoding": "identity"}),
    "status": Order(path="/status/503"),
    "head": Order(path="/bytes/10", method="HEAD"),
    "at the limit": Order(path="/bytes/1000", config={"GF_RESPONSE_LIMIT": "1000"}),
    "numbers of the wrong type": Order(data={"timeout": "30", "httpMaxConnsPerHost": None, "dialTimeout": []}),
}  # fmt: skip

FAILURES: dict[str, Order] = {
    "expired": Order("expired"),
    "another name": Order("renamed"),
    "another server name": Order(data={**CA, "serverName": "wrong.example"}),
    "unknown authority": Order(secrets={"tlsCACert": ""}),
    "wrong authority": Order(secrets={"tlsCACert": "other-ca"}),
    "client certificate missing": Order("client"),
    "client certificate of a stranger": Order(
        "client", data=CLIENT, secrets={"tlsClientCert": "stranger", "tlsClientKey": "stranger"}
    ),
    "authority that is no PEM": Order(secrets={"tlsCACert": "not PEM"}),
    "key of another certificate": Order(
        data=CLIENT, secrets={"tlsClientCert": "client", "tlsClientKey": "stranger"}
    ),
    "key that is no PEM": Order(data=CLIENT, secrets={"tlsClientCert": "client", "tlsClientKey": "no PEM"}),
    "slow": Order(path="/slow", data={"timeout": 1}),
    "slow in drops": Order(path="/trickle", data={"timeout": 1}),
    "silent": Order("silent", data={"timeout": 1}),
    "silent handshake": Order("silent", data={"httpTLSHandshakeTimeout": 1}),
    "cut": Order(path="/truncated"),
    "closed": Order(path="/reset"),
    "refused": Order("nobody"),
    "no host": Order("no host"),
    "over the limit": Order(path="/bytes/1001", config={"GF_RESPONSE_LIMIT": "1000"}),
    "over the limit, compressed": Order(path="/gzip/100000", config={"GF_RESPONSE_LIMIT": "99999"}),
    "redirects without an end": Order(path="/loop"),
}


def completed(order: Order, service: Service) -> Order:
    """Fill in certificates by name; every order trusts the service's authority unless it says otherwise."""
    secrets = {"tlsCACert": "ca", **order.secrets}
    filled = {
        name: service.pem(value) if name in ("tlsCACert", "tlsClientCert") and value in _CERTIFICATES else value
        for name, value in secrets.items()
    }  # fmt: skip
    if filled.get("tlsClientKey") in _CERTIFICATES:
        filled["tlsClientKey"] = service.key(filled["tlsClientKey"])
    return replace(order, data={**CA, **order.data}, secrets=filled)


_CERTIFICATES = {"ca", "other-ca", "client", "stranger"}


def url_of(order: Order, service: Service) -> str:
    if order.server == "nobody":
        return "https://localhost:1/"
    if order.server == "no host":
        return "https://no-such-host.invalid/"
    return service.url(order.server, order.path)


def comparable(received: Any) -> Any:
    if not isinstance(received, dict):
        return received
    # Go's client tells a redirect's target where it came from.
    headers = {name: values for name, values in received["headers"].items() if name != "Referer"}
    return {**received, "headers": headers}


def send_by_loop(order: Order, url: str) -> Outcome:
    return asyncio.run(send_async(order, url))


CLIENTS = pytest.mark.parametrize("client", [send, send_by_loop])


@CLIENTS
@pytest.mark.parametrize("name", REQUESTS)
def test_the_service_receives_what_it_would_from_the_go_sdk(
    name: str, client: Callable[[Order, str], Outcome], service: Service, go: GoClient
) -> None:
    order = completed(REQUESTS[name], service)
    url = url_of(order, service)

    theirs, ours = go.send(order, url), client(order, url)

    assert theirs.error == ours.error == ""
    assert ours.status == theirs.status
    assert ours.size == theirs.size or isinstance(theirs.received, dict)  # an echo without the User-Agent
    assert comparable(ours.received) == comparable(theirs.received)


@CLIENTS
@pytest.mark.parametrize("name", FAILURES)
def test_what_fails_with_the_go_sdk_fails_alike(
    name: str, client: Callable[[Order, str], Outcome], service: Service, go: GoClient
) -> None:
    order = completed(FAILURES[name], service)
    url = url_of(order, service)

    theirs, ours = go.send(order, url), client(order, url)

    assert theirs.error
    assert ours.kind == theirs.kind
    assert ours.downstream
