from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from plugin_sdk.errors import DownstreamError, PluginError
from plugin_sdk.http import http_client
from plugin_sdk.http.proxies import proxy_for
from tests.sdk.http.service import Order, Service

PROXY = {"HTTP_PROXY": "http://plain:1", "https_proxy": "tls:2"}


@pytest.mark.parametrize(
    ("scheme", "host", "port", "no_proxy", "proxy"),
    [
        ("http", "api.example", None, "", "http://plain:1"),
        ("https", "api.example", None, "", "http://tls:2"),
        ("https", "localhost", 443, "", None),
        ("https", "127.0.0.9", 443, "", None),
        ("https", "::1", 443, "", None),
        ("https", "api.example", None, "*", None),
        ("https", "api.example", None, "api.example", None),
        ("https", "API.example.", None, "other, API.EXAMPLE", None),
        ("https", "a.api.example", None, "api.example", None),
        ("https", "notapi.example", None, "api.example", "http://tls:2"),
        ("https", "api.example", None, ".api.example", "http://tls:2"),
        ("https", "a.api.example", None, ".api.example", None),
        ("https", "a.api.example", None, "*.api.example", None),
        ("https", "api.example", None, "api.example:443", None),
        ("https", "api.example", 8443, "api.example:443", "http://tls:2"),
        ("https", "10.1.2.3", None, "10.0.0.0/8", None),
        ("https", "11.1.2.3", None, "10.0.0.0/8", "http://tls:2"),
        ("https", "10.1.2.3", None, "10.1.2.3:443", None),
        ("https", "fd00::1", None, "[fd00::1]:443", None),
        ("https", "fd00::1", None, "fd00::/8", None),
        ("https", "api.example", None, "no/network, ,", "http://tls:2"),
    ],
)
def test_the_proxy_is_chosen_as_go_does(
    scheme: str, host: str, port: int | None, no_proxy: str, proxy: str | None
) -> None:
    assert proxy_for(scheme, host, port, {**PROXY, "NO_PROXY": no_proxy}) == proxy


def test_without_variables_there_is_no_proxy() -> None:
    assert proxy_for("http", "api.example", None, {"ALL_PROXY": "http://a", "HTTP_PROXY": " "}) is None


class Tunnel(http.server.BaseHTTPRequestHandler):
    """A proxy that reaches every host on this machine, or refuses."""

    requested: list[tuple[str, str | None]]
    refuses = False

    def do_CONNECT(self) -> None:
        self.requested.append((self.path, self.headers.get("Proxy-Authorization")))
        if self.refuses:
            self.send_error(407)
            return
        with socket.create_connection(("127.0.0.1", int(self.path.partition(":")[2]))) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pump, args=(far, self.connection))
            back.start()
            _pump(self.connection, far)
            back.join()
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        return


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def tunnel(*, refuses: bool = False) -> Iterator[tuple[int, list[tuple[str, str | None]]]]:
    handler: Any = type("Handler", (Tunnel,), {"requested": [], "refuses": refuses})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], handler.requested
        server.shutdown()
        thread.join()


@pytest.mark.go
def test_requests_go_through_the_proxy_with_its_password(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Order(
        data={"tlsAuthWithCACert": True, "serverName": "localhost"}, secrets={"tlsCACert": service.pem("ca")}
    )
    with tunnel() as (port, requested):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:pw@127.0.0.1:{port}")
        with http_client(given.instance()) as client:
            received = client.get(f"https://service.example:{service.ports['server']}/").json()

    assert requested == [(f"service.example:{service.ports['server']}", "Basic YWRhOnB3")]
    assert received["name"] == "localhost"


@pytest.mark.parametrize(
    ("proxy", "sentence"), [("ftp://proxy", "begins with ftp://"), ("socks5://127.0.0.1:1", "lacks httpx")]
)
def test_a_proxy_that_cannot_be_used_is_named(
    proxy: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with http_client(Order().instance()) as client, pytest.raises(PluginError, match=sentence):
        client.get("http://service.example/")


def test_a_proxy_that_refuses_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with tunnel(refuses=True) as (port, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:pw@127.0.0.1:{port}")
        with http_client(Order().instance()) as client, pytest.raises(DownstreamError) as caught:
            client.get("https://service.example/")

    assert f"the proxy 127.0.0.1:{port} refused to connect to service.example: 407" in str(caught.value)
    assert "pw@" not in str(caught.value)
