"""What a data source's settings say about its HTTP connections, read as the Go SDK reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugin_sdk.errors import DownstreamError, PluginError
from plugin_sdk.messages.current import current_request

if TYPE_CHECKING:
    from plugin_sdk.context import AppInstanceSettings, DataSourceInstanceSettings

    AnyInstance = DataSourceInstanceSettings[Any] | AppInstanceSettings[Any]

_SOCKS = "GF_SECURE_SOCKS_DATASOURCE_PROXY_SERVER_ENABLED"


@dataclass(frozen=True)
class TlsOptions:
    """How the server is verified and the client identified; PEM texts, empty where there is none."""

    ca_cert: str = ""
    client_cert: str = ""
    client_key: str = ""
    skip_verify: bool = False
    server_name: str = ""
    only_1_3: bool = False


@dataclass(frozen=True)
class HttpOptions:
    """The HTTP settings of one data source (Go SDK: `httpclient.Options`).

    Attributes:
        url: the address that relative requests start from.
        name, plugin_id: the data source's name, and its plugin's id.
        timeout, dial_timeout, tls_handshake_timeout: seconds; None is no limit. `timeout` is for the whole
            request, its body included.
        keep_alive: seconds between TCP's probes; None turns them off.
        max_connections, max_idle_connections: None is no limit.
        idle_timeout: seconds after which an unused connection is closed.
        basic_auth: user and password.
        headers: names and values that every request gets.
        tls: certificates and what is verified.
        forwards_identity: True if the settings ask for the user's token or cookies to be passed on.
    """

    url: str = ""
    name: str = ""
    plugin_id: str = ""
    timeout: float | None = 30.0
    dial_timeout: float | None = 10.0
    tls_handshake_timeout: float | None = 10.0
    keep_alive: float | None = 30.0
    max_connections: int | None = None
    max_idle_connections: int | None = 100
    idle_timeout: float | None = 90.0
    basic_auth: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    tls: TlsOptions = TlsOptions()
    forwards_identity: bool = False

    @staticmethod
    def of(instance: AnyInstance) -> HttpOptions:
        """Return the options in the settings of a data source or an app.

        Raises:
            PluginError: they ask for what this client cannot do (SigV4, the secure socks proxy).
        """
        data, secrets = instance.json_data, instance.decrypted_secure_json_data
        _refuse_unsupported(data)
        return HttpOptions(
            url=_text(data, "url") or getattr(instance, "url", ""),
            name=getattr(instance, "name", ""),
            plugin_id=getattr(instance, "type", ""),
            timeout=_seconds(data, "timeout", 30),
            dial_timeout=_seconds(data, "dialTimeout", 10),
            tls_handshake_timeout=_seconds(data, "httpTLSHandshakeTimeout", 10),
            keep_alive=_seconds(data, "httpKeepAlive", 30),
            max_connections=_count(data, "httpMaxConnsPerHost", 0),
            max_idle_connections=_idle_connections(data),
            idle_timeout=_seconds(data, "httpIdleConnTimeout", 90),
            basic_auth=_basic_auth(instance, data, secrets),
            headers=tuple(_headers(data, secrets)),
            tls=_tls(data, secrets),
            forwards_identity=_flag(data, "oauthPassThru") or bool(data.get("keepCookies")),
        )


def _refuse_unsupported(data: Mapping[str, Any]) -> None:
    if _flag(data, "sigV4Auth"):
        raise PluginError(
            "the data source has SigV4 auth on, which plugin_sdk.http cannot sign; turn it off, or let the "
            "plugin use botocore",
            status=501,
        )
    config = current_request().context.grafana_config
    if _flag(data, "enableSecureSocksProxy") and config.get(_SOCKS, "").lower() == "true":
        raise PluginError(
            "the data source uses the secure socks proxy, which plugin_sdk.http does not support; it "
            "connects directly once the setting is off",
            status=501,
        )


def _basic_auth(
    instance: AnyInstance, data: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[str, str] | None:
    password = secrets.get("basicAuthPassword", "")
    if getattr(instance, "basic_auth_enabled", False):
        return getattr(instance, "basic_auth_user", ""), password
    if user := getattr(instance, "user", ""):
        return user, secrets.get("password", "")
    return (_text(data, "basicAuthUser"), password) if _flag(data, "basicAuth") else None


def _headers(data: Mapping[str, Any], secrets: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the custom headers `httpHeaderName1`, 2, ... up to the first gap."""
    found = []
    number = 1
    while name := _text(data, f"httpHeaderName{number}").strip():
        value = secrets.get(f"httpHeaderValue{number}")
        if value is not None:
            found.append((name, _header_value(name, value)))
        number += 1
    return found


def _header_value(name: str, value: str) -> str:
    if not name.isascii() or any(ord(letter) < 33 or letter in '":;,()<>@/[]?={}\\' for letter in name):
        raise DownstreamError(f"the custom HTTP header {name!r} is not a name that HTTP allows", status=400)
    if "\n" in value.strip() or "\r" in value.strip() or "\0" in value:
        raise DownstreamError(f"the value of the custom HTTP header {name} has line breaks", status=400)
    return value.strip()


def _tls(data: Mapping[str, Any], secrets: Mapping[str, str]) -> TlsOptions:
    force = current_request().context.grafana_config.feature_enabled("pluginsForceTls13")
    skip = _flag(data, "tlsSkipVerify")
    if not (_flag(data, "tlsAuth") or _flag(data, "tlsAuthWithCACert")):
        return TlsOptions(skip_verify=skip, only_1_3=force)
    return TlsOptions(
        ca_cert=secrets.get("tlsCACert", ""),
        client_cert=secrets.get("tlsClientCert", ""),
        client_key=secrets.get("tlsClientKey", ""),
        skip_verify=skip,
        server_name=_text(data, "serverName"),
        only_1_3=force,
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _flag(data: Mapping[str, Any], key: str) -> bool:
    return data.get(key) is True


def _number(data: Mapping[str, Any], key: str, default: float) -> float:
    """Return a number, also one that was stored as text; what is none counts as absent."""
    value = data.get(key, default)
    if isinstance(value, bool):
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if number == number and abs(number) < 1e9 else default


def _seconds(data: Mapping[str, Any], key: str, default: float) -> float | None:
    value = _number(data, key, default)
    return value if value > 0 else None


def _count(data: Mapping[str, Any], key: str, default: int) -> int | None:
    value = int(_number(data, key, default))
    return value if value > 0 else None


def _idle_connections(data: Mapping[str, Any]) -> int | None:
    """Return how many unused connections are kept: a data source has one host, so both limits are of it."""
    limits = (_count(data, "httpMaxIdleConns", 100), _count(data, "httpMaxIdleConnsPerHost", 100) or 2)
    return min(limit for limit in limits if limit is not None)
