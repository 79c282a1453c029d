"""Sends requests through the settings' connections: what the Go SDK does in middlewares, in one step each."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from plugin_sdk.errors import DownstreamError, PluginError
from plugin_sdk.http.body import Body, is_gzip, response_limit, without_encoding
from plugin_sdk.http.failures import failure
from plugin_sdk.http.network import AsyncBackend, Backend, Budget, budget
from plugin_sdk.http.options import HttpOptions
from plugin_sdk.http.outgoing import Sender
from plugin_sdk.http.proxies import proxy_for
from plugin_sdk.messages.current import current_request

_RETRIED = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class _Plan:
    """One request on its way: completed, with its time, its proxy, and whether it may be sent again."""

    def __init__(self, sender: Sender, request: httpx.Request, limit: int) -> None:
        self.request = sender.complete(request)
        times: dict[str, Any] = request.extensions.get("timeout", {})
        handshake = sender.options.tls_handshake_timeout
        self.budget = Budget(times.get("read"), handshake, current_request().is_cancelled)
        url = request.url
        self.budget.proxy = proxy_for(url.scheme, url.host, url.port)
        self.limit = response_limit(limit)

    def may_repeat(self, error: httpx.TransportError) -> bool:
        """Return True if the server closed a reused connection before it saw the request, as Go assumes."""
        if self.budget.connected or isinstance(error, httpx.TimeoutException):
            return False
        return self.request.method in _RETRIED and self.request.headers.get("Content-Length", "0") == "0"

    def failure(self, error: httpx.TransportError) -> Exception:
        return failure(error, self.request, self.budget)

    def response(self, response: httpx.Response, stream: Any) -> httpx.Response:
        """Return the response with `stream(body)` as its body."""
        gzip = is_gzip(self.request, response)
        body = Body(self.request.url.host, self.limit, gzip=gzip)
        headers = without_encoding(response) if gzip else response.headers.raw
        return httpx.Response(
            response.status_code,
            headers=headers,
            stream=stream(response.stream, body, self),
            extensions=response.extensions,
        )


class _Stream(httpx.SyncByteStream):
    def __init__(self, inner: Any, body: Body, plan: _Plan) -> None:
        self._inner, self._body, self._plan = inner, body, plan

    def __iter__(self) -> Iterator[bytes]:
        received = iter(self._inner)
        while True:
            token = budget.set(self._plan.budget)
            try:
                part = next(received, None)
            except httpx.TransportError as error:
                raise self._plan.failure(error) from error
            finally:
                budget.reset(token)
            if part is None:
                return self._body.end()
            yield from self._body.pieces(part)

    def close(self) -> None:
        self._inner.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, inner: Any, body: Body, plan: _Plan) -> None:
        self._inner, self._body, self._plan = inner, body, plan

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = aiter(self._inner)
        while True:
            token = budget.set(self._plan.budget)
            try:
                part = await anext(received, None)
            except httpx.TransportError as error:
                raise self._plan.failure(error) from error
            finally:
                budget.reset(token)
            if part is None:
                self._body.end()
                return
            for piece in self._body.pieces(part):
                yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Routes:
    """What sync and async transports share: the settings, and one connection pool a proxy."""

    def __init__(self, sender: Sender, context: ssl.SSLContext, limit: int) -> None:
        self.sender = sender
        self.limit = limit
        self.context = context

    def arguments(self, proxy: str | None) -> dict[str, Any]:
        options = self.sender.options
        return {
            "verify": self.context,
            "trust_env": False,
            "limits": httpx.Limits(
                max_connections=options.max_connections,
                max_keepalive_connections=options.max_idle_connections,
                keepalive_expiry=options.idle_timeout,
            ),
            "proxy": None if proxy is None else _proxy(proxy, self.context),
            "socket_options": _socket_options(options),
        }


def _proxy(address: str, context: ssl.SSLContext) -> httpx.Proxy:
    from importlib.util import find_spec

    scheme = address.partition("://")[0].lower()
    if scheme not in ("http", "https", "socks5", "socks5h"):
        raise DownstreamError(
            f"the proxy in the environment of the Grafana server begins with {scheme}://; expected http://, "
            "https:// or socks5://",
            status=502,
        )
    if scheme.startswith("socks") and find_spec("socksio") is None:
        raise PluginError(
            "the Grafana server uses a SOCKS proxy, for which the plugin lacks httpx[socks]; add it to the "
            "dependencies in the plugin's pyproject.toml"
        )
    return httpx.Proxy(address, ssl_context=context if scheme == "https" else None)


def _socket_options(options: HttpOptions) -> list[tuple[int, int, int]]:
    if options.keep_alive is None:
        return []
    seconds = max(int(options.keep_alive), 1)
    found = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
        if hasattr(socket, name):
            found.append((socket.IPPROTO_TCP, getattr(socket, name), seconds))
    return found


class Transport(httpx.BaseTransport):
    """The transport of a sync client."""

    def __init__(self, sender: Sender, context: ssl.SSLContext, limit: int) -> None:
        self._routes = _Routes(sender, context, limit)
        self._pools: dict[str | None, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of its response is still to be read."""
        plan = _Plan(self._routes.sender, request, self._routes.limit)
        token = budget.set(plan.budget)
        try:
            return plan.response(self._send(plan), _Stream)
        except httpx.TransportError as error:
            raise plan.failure(error) from error
        finally:
            budget.reset(token)

    def _send(self, plan: _Plan) -> httpx.Response:
        plan.budget.check(httpx.ReadTimeout)
        pool = self._pool(plan.budget.proxy)
        try:
            return pool.handle_request(plan.request)
        except httpx.TransportError as error:
            if not plan.may_repeat(error):
                raise
        return pool.handle_request(plan.request)

    def _pool(self, proxy: str | None) -> httpx.HTTPTransport:
        found = self._pools.get(proxy)
        if found is None:
            made = httpx.HTTPTransport(**self._routes.arguments(proxy))
            # httpx has no parameter for it; a test fails where it is not used any more.
            made._pool._network_backend = Backend(self._routes.sender.options.tls.server_name)
            found = self._pools.setdefault(proxy, made)
        return found

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The transport of an async client."""

    def __init__(self, sender: Sender, context: ssl.SSLContext, limit: int) -> None:
        self._routes = _Routes(sender, context, limit)
        self._pools: dict[str | None, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; the body of its response is still to be read."""
        plan = _Plan(self._routes.sender, request, self._routes.limit)
        token = budget.set(plan.budget)
        try:
            return plan.response(await self._send(plan), _AsyncStream)
        except httpx.TransportError as error:
            raise plan.failure(error) from error
        finally:
            budget.reset(token)

    async def _send(self, plan: _Plan) -> httpx.Response:
        plan.budget.check(httpx.ReadTimeout)
        pool = self._pool(plan.budget.proxy)
        try:
            return await pool.handle_async_request(plan.request)
        except httpx.TransportError as error:
            if not plan.may_repeat(error):
                raise
        return await pool.handle_async_request(plan.request)

    def _pool(self, proxy: str | None) -> httpx.AsyncHTTPTransport:
        found = self._pools.get(proxy)
        if found is None:
            made = httpx.AsyncHTTPTransport(**self._routes.arguments(proxy))
            made._pool._network_backend = AsyncBackend(self._routes.sender.options.tls.server_name)
            found = self._pools.setdefault(proxy, made)
        return found

    async def aclose(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            await pool.aclose()
