"""What failed between the plugin and the service, as a sentence that a dashboard's user can act on."""

from __future__ import annotations

import errno
import socket
import ssl
from functools import cache
from typing import Any

import httpx

from plugin_sdk.errors import DownstreamError
from plugin_sdk.http.network import Budget

_SETTINGS = "the data source's settings"


def failure(error: httpx.TransportError, request: httpx.Request, budget: Budget) -> Exception:
    """Return the error to raise instead of httpx's own: of its class, and a `DownstreamError` too."""
    host = request.url.host
    port = request.url.port or (443 if request.url.scheme == "https" else 80)
    if isinstance(error, httpx.TimeoutException):
        return _made(error, request, _timeout(error, host, budget), 504)
    if isinstance(error, httpx.UnsupportedProtocol):
        return _made(error, request, _no_address(request), 400)
    return _made(error, request, _sentence(error, host, port, budget), 502)


def _timeout(error: httpx.TimeoutException, host: str, budget: Budget) -> str:
    if isinstance(error, httpx.ConnectTimeout) and not budget.is_over():
        return f"cannot connect to {host} in time: check that it runs, and that no firewall is in between"
    seconds = f"{budget.seconds:g}" if budget.seconds is not None else "the allowed"
    return f"{host} did not respond within {seconds} seconds: query less, or raise the timeout in {_SETTINGS}"


def _no_address(request: httpx.Request) -> str:
    if not request.url.scheme:
        return f"the data source has no URL: enter the service's address in {_SETTINGS}"
    return f"the URL {request.url.scheme}://... in {_SETTINGS} should begin with http:// or https://"


def _sentence(error: httpx.TransportError, host: str, port: int, budget: Budget) -> str:
    cause = _cause(error)
    where = _proxy_host(budget.proxy) if budget.proxy else f"{host}:{port}"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy {where} refused to connect to {host}: {error}"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _certificate(cause, host)
    if isinstance(cause, ssl.SSLError):
        return _tls(cause, host, port)
    if isinstance(cause, socket.gaierror):
        name = _proxy_host(budget.proxy).partition(":")[0] if budget.proxy else host
        return f"no such host: {name}; check the URL in {_SETTINGS}"
    if isinstance(cause, ConnectionRefusedError):
        return f"{where} refuses connections: check that the service runs, and the URL in {_SETTINGS}"
    if isinstance(cause, OSError) and cause.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return f"{where} cannot be reached from the Grafana server: {cause.strerror}"
    if isinstance(error, httpx.ConnectError):
        return f"cannot connect to {where}: {error}"
    if isinstance(error, httpx.RemoteProtocolError) and "disconnected" not in str(error):
        if "incomplete" in str(error) or "peer closed" in str(error):
            return f"{host} closed the connection in the middle of its response; try again"
        return f"what answers at {host}:{port} does not speak HTTP: check the URL in {_SETTINGS}"
    return f"{host} closed the connection without a complete response; try again"


def _certificate(cause: ssl.SSLCertVerificationError, host: str) -> str:
    reason = cause.verify_message or "unknown reason"
    if "expired" in reason or "not yet valid" in reason:
        cure = "its operators have to renew it"
    elif "mismatch" in reason.lower():
        cure = f"use the name it is made for in the URL, or as ServerName in {_SETTINGS}"
    else:
        cure = f"enter the certificate of its authority in {_SETTINGS} (With CA Cert)"
    return f"the TLS certificate of {host} is not valid: {reason.rstrip('.')}; {cure}"


def _tls(cause: ssl.SSLError, host: str, port: int) -> str:
    reason = (cause.reason or "").replace("_", " ").lower()
    if any(word in reason for word in ("certificate", "handshake failure", "unknown ca")):
        return (
            f"{host} refuses the connection without a client certificate that it accepts ({reason}): "
            f"enter one in {_SETTINGS} (TLS Client Auth)"
        )
    if "wrong version" in reason or "record" in reason or "http request" in reason:
        return f"{host}:{port} does not speak TLS: the URL in {_SETTINGS} should begin with http://"
    return f"TLS with {host} failed: {reason or cause}"


def _proxy_host(proxy: str | None) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(proxy or "")
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _cause(error: BaseException) -> BaseException | None:
    """Return the error of the operating system or of TLS below httpx's."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, BaseExceptionGroup):  # of several addresses of a host
            found = found.exceptions[0]
        if isinstance(found, OSError) and (found.errno is not None or isinstance(found, ssl.SSLError)):
            return found
        found = found.__cause__ or found.__context__
    return None


def _made(error: httpx.TransportError, request: httpx.Request, sentence: str, status: int) -> Exception:
    made: Exception = _made_of(error)(sentence, status=status)
    made.request = request  # type: ignore[attr-defined]  # httpx's errors have it
    return made


def _made_of(error: httpx.TransportError) -> Any:
    name: Any = type(error)
    return _kind(name)


@cache
def _kind(httpx_error: Any) -> Any:
    """Return a class that `except httpx.ConnectError` catches and that is a deliberate error to the SDK."""
    return type(httpx_error.__name__, (DownstreamError, httpx_error), {"__doc__": httpx_error.__doc__})
