"""A local HTTPS service that tells what it received, and the Go SDK's client as the judge of ours."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from plugin_sdk.context import DataSourceInstanceSettings, GrafanaConfig, PluginContext
from plugin_sdk.errors import ErrorSource, source_of
from plugin_sdk.http import async_http_client, http_client
from plugin_sdk.messages import Headers
from plugin_sdk.messages.current import CurrentRequest, reset_current, set_current


@dataclass(frozen=True)
class Service:
    """The running service: certificates by name, ports by kind of server."""

    folder: Path
    ports: dict[str, int]

    def url(self, kind: str, path: str = "/") -> str:
        return f"{'http' if kind == 'plain' else 'https'}://localhost:{self.ports[kind]}{path}"

    def pem(self, name: str) -> str:
        return (self.folder / f"{name}.pem").read_text()

    def key(self, name: str) -> str:
        return (self.folder / f"{name}.key").read_text()

    def connections(self) -> int:
        return int(httpx.get(self.url("plain", "/open"), headers={"Connection": "close"}).text)


@dataclass(frozen=True)
class Order:
    """One request, and the settings of the data source that sends it."""

    server: str = "server"
    path: str = "/echo"
    data: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    basic_auth: bool = False
    basic_user: str = ""
    user: str = ""
    config: dict[str, str] = field(default_factory=dict)
    forward: bool = False
    incoming: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def instance(self) -> DataSourceInstanceSettings[Any]:
        return DataSourceInstanceSettings(
            json_data_raw=json.dumps(self.data).encode(),
            decrypted_secure_json_data=self.secrets,
            name="a source",
            type="test-datasource",
            basic_auth_enabled=self.basic_auth,
            basic_auth_user=self.basic_user,
            user=self.user,
        )


@dataclass
class Outcome:
    """What came of an order: what the service received, or how it failed."""

    status: int = 0
    size: int = 0
    received: Any = None
    error: str = ""
    downstream: bool = False

    @property
    def kind(self) -> str:
        """The kind of failure, by the words of either client; empty if there is none."""
        return next(
            (kind for kind, words in KINDS.items() if any(word in self.error for word in words)), self.error
        )


KINDS = {
    "expired": ["has expired"],
    "unknown authority": ["unknown authority", "local issuer", "self-signed"],
    "another name": ["certificate is valid for", "mismatch"],
    "pair": ["private key does not match", "does not belong to its client certificate"],
    "key": ["failed to find any PEM data", "the client certificate or key in"],
    "client certificate": ["certificate required", "client certificate", "bad certificate"],
    "no TLS": ["does not look like a TLS handshake", "does not speak TLS"],
    "timeout": ["Client.Timeout", "deadline exceeded", "timeout", "did not respond within", "in time"],
    "refused": ["connection refused", "refuses connections"],
    "no host": ["no such host"],
    "too large": ["too large", "larger than the limit"],
    "cut": ["unexpected EOF", "in the middle of its response"],
    "closed": ["EOF", "without a complete response"],
    "redirects": ["stopped after 10 redirects", "maximum allowed redirects"],
    "CA": ["failed to parse TLS CA", "the CA certificate in"],
}  # fmt: skip

_OURS = {"User-Agent"}  # a Go test program has no name or version of a plugin to send


class GoClient:
    """The Go SDK's HTTP client, one order a line."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program, "call"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, order: Order, url: str) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = {
            "jsonData": order.data, "secrets": order.secrets, "basicAuth": order.basic_auth,
            "basicAuthUser": order.basic_user, "user": order.user, "config": order.config,
            "forward": order.forward, "incoming": order.incoming, "method": order.method, "url": url,
            "headers": order.headers, "body": order.body,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        received = _received(answer["body"])
        return Outcome(answer["status"], answer["size"], received, answer["error"], answer["downstream"])

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


def serving_request(order: Order) -> Any:
    """Make the order's incoming headers and configuration those of the request being served."""
    context = PluginContext(grafana_config=GrafanaConfig(order.config))
    return set_current(CurrentRequest(context, Headers(order.incoming), lambda: False))


def send(order: Order, url: str) -> Outcome:
    """Send the order with the client of plugin_sdk."""
    token = serving_request(order)
    try:
        with http_client(order.instance(), forward_headers=order.forward) as client:
            got = client.request(order.method, url, headers=order.headers, content=order.body or None)
            return Outcome(got.status_code, len(got.content), _received(got.text))
    except Exception as error:
        return Outcome(error=str(error), downstream=source_of(error) is ErrorSource.DOWNSTREAM)
    finally:
        reset_current(token)


async def send_async(order: Order, url: str) -> Outcome:
    """Send the order with the async client of plugin_sdk."""
    token = serving_request(order)
    try:
        async with async_http_client(order.instance(), forward_headers=order.forward) as client:
            got = await client.request(order.method, url, headers=order.headers, content=order.body or None)
            return Outcome(got.status_code, len(got.content), _received(got.text))
    except Exception as error:
        return Outcome(error=str(error), downstream=source_of(error) is ErrorSource.DOWNSTREAM)
    finally:
        reset_current(token)


def _received(body: str) -> Any:
    try:
        found = json.loads(body)
    except ValueError:
        return body
    if isinstance(found, dict):
        found["headers"] = {name: values for name, values in found["headers"].items() if name not in _OURS}
    return found
