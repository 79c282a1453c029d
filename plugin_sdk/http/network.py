"""Sockets that keep to the time of a whole request, and that a cancelled panel interrupts.

httpx limits each read on its own, so a server that sends one byte at a time holds a request for ever; and a
blocked sync handler cannot be cancelled. The connection pool calls these backends, which know the request by
its budget.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore

from plugin_sdk.errors import DownstreamError

SLICE_SECONDS = 0.25
"""How long a read waits before it looks whether the caller is still connected."""


class CancelledRequestError(DownstreamError):
    """The caller disconnected while the response was awaited."""

    def __init__(self) -> None:
        super().__init__("the request was cancelled", status=499)


class Budget:
    """The time that a request may still take.

    Attributes:
        seconds: how long it may take in total; None is no limit.
        tls_seconds: how long a TLS handshake may take.
        connected: True once a connection was opened for it, rather than reused.
        proxy: the proxy it goes through.
    """

    def __init__(
        self, seconds: float | None, tls_seconds: float | None, is_cancelled: Callable[[], bool]
    ) -> None:
        self.seconds = seconds
        self.tls_seconds = tls_seconds
        self.connected = False
        self.proxy: str | None = None
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._is_cancelled = is_cancelled

    def left(self, limit: float | None = None) -> float | None:
        """Return the seconds that are left, at most `limit`; never 0: sockets would not wait."""
        if self._ends is None:
            return limit
        left = max(self._ends - time.monotonic(), 0.001)
        return left if limit is None else min(left, limit)

    def is_over(self) -> bool:
        """Return True if no time is left."""
        return self._ends is not None and time.monotonic() >= self._ends

    def check(self, timeout: type[Exception] = httpcore.ReadTimeout) -> None:
        """Raise if the caller has disconnected or no time is left."""
        if self._is_cancelled():
            raise CancelledRequestError
        if self.is_over():
            raise timeout


budget: ContextVar[Budget] = ContextVar("budget")
"""The budget of the request that the running code sends or whose response it reads."""


@contextmanager
def _tls_errors_mapped(kind: type[Exception]) -> Iterator[None]:
    """Raise TLS alerts of the server, which the async backend lets through, as the sync one does."""
    try:
        yield
    except ssl.SSLError as error:
        raise kind(str(error)) from error


class Backend(httpcore.NetworkBackend):
    """Opens sockets for a sync client; `server_name` replaces the host where certificates are checked."""

    def __init__(self, server_name: str) -> None:
        self._inner = httpcore.SyncBackend()
        self._server_name = server_name

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within the time that is left."""
        budget.get().connected = True
        left = budget.get().left(timeout)
        stream = self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return Stream(stream, self._server_name)


class Stream(httpcore.NetworkStream):
    """A socket of a sync client."""

    def __init__(self, inner: httpcore.NetworkStream, server_name: str) -> None:
        self._inner = inner
        self._server_name = server_name

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes in slices, so that a disconnected caller is noticed."""
        while True:
            try:
                return self._inner.read(
                    max_bytes, budget.get().left(min(timeout or SLICE_SECONDS, SLICE_SECONDS))
                )
            except httpcore.ReadTimeout:
                budget.get().check()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes within the time that is left."""
        self._inner.write(buffer, budget.get().left(timeout))

    def close(self) -> None:
        """Close the socket."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the pool passes that of connecting
    ) -> httpcore.NetworkStream:
        """Shake hands within the time for it."""
        seconds = budget.get().left(budget.get().tls_seconds)
        name = self._server_name or server_hostname
        return Stream(self._inner.start_tls(ssl_context, name, seconds), self._server_name)

    def get_extra_info(self, info: str) -> Any:
        """Return what the pool wants to know of the socket, such as whether the server has closed it."""
        return self._inner.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets for an async client."""

    def __init__(self, server_name: str) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._server_name = server_name

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect within the time that is left."""
        budget.get().connected = True
        left = budget.get().left(timeout)
        stream = await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        return AsyncStream(stream, self._server_name)


class AsyncStream(httpcore.AsyncNetworkStream):
    """A socket of an async client; cancellation reaches it by itself."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, server_name: str) -> None:
        self._inner = inner
        self._server_name = server_name

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within the time that is left."""
        with _tls_errors_mapped(httpcore.ReadError):
            return await self._inner.read(max_bytes, budget.get().left(timeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send bytes within the time that is left."""
        with _tls_errors_mapped(httpcore.WriteError):
            await self._inner.write(buffer, budget.get().left(timeout))

    async def aclose(self) -> None:
        """Close the socket."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: Any,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002  # the pool passes that of connecting
    ) -> httpcore.AsyncNetworkStream:
        """Shake hands within the time for it."""
        seconds = budget.get().left(budget.get().tls_seconds)
        name = self._server_name or server_hostname
        return AsyncStream(await self._inner.start_tls(ssl_context, name, seconds), self._server_name)

    def get_extra_info(self, info: str) -> Any:
        """Return what the pool wants to know of the socket."""
        return self._inner.get_extra_info(info)
