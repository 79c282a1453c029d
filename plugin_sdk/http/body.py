"""The body of a response: decompressed as it comes, and never more than the limit."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

import httpx

from plugin_sdk.errors import DownstreamError
from plugin_sdk.messages.current import current_request

_PIECE = 64 * 1024
_LIMIT_VARIABLE = "GF_DATAPROXY_RESPONSE_LIMIT"


class ResponseTooLargeError(DownstreamError):
    """The response has more bytes than Grafana's `response_limit`, or the plugin's own, allows."""

    def __init__(self, host: str, limit: int) -> None:
        super().__init__(
            f"the response of {host} is larger than the limit of {limit} bytes; query less, or raise "
            "response_limit in the [dataproxy] section of Grafana's configuration",
            status=502,
        )


def response_limit(own: int) -> int:
    """Return how many bytes a response may have; 0 is no limit.

    Grafana's configuration in the request comes first, then the environment's, then the plugin's own.
    """
    configured = current_request().context.grafana_config.response_limit
    if configured > 0:
        return configured
    try:
        return max(int(os.environ.get(_LIMIT_VARIABLE, "")), 0) or own
    except ValueError:
        return own


class Body:
    """Turns received bytes into those of the body."""

    def __init__(self, host: str, limit: int, *, gzip: bool) -> None:
        self._host = host
        self._limit = limit
        self._count = 0
        self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None

    def pieces(self, received: bytes) -> Iterator[bytes]:
        """Yield what `received` brings.

        Raises:
            ResponseTooLargeError: it is more than the limit.
            httpx.DecodingError: it is not the gzip stream it claims to be.
        """
        for piece in self._unpacked(received):
            self._count += len(piece)
            if 0 < self._limit < self._count:
                raise ResponseTooLargeError(self._host, self._limit)
            yield piece

    def end(self) -> None:
        """Raise if the compressed body ended in the middle."""
        if self._gzip is not None and not self._gzip.eof and self._count:
            raise httpx.DecodingError("the compressed body is incomplete")

    def _unpacked(self, received: bytes) -> Iterator[bytes]:
        if self._gzip is None:
            yield received
            return
        try:
            while received:
                # In pieces: some kilobytes may stand for gigabytes.
                yield self._gzip.decompress(received, _PIECE)
                received = self._gzip.unconsumed_tail
                if self._gzip.eof and (rest := self._gzip.unused_data):
                    self._gzip, received = zlib.decompressobj(16 + zlib.MAX_WBITS), rest
        except zlib.error as error:
            raise httpx.DecodingError(f"the body is not gzip: {error}") from error


def is_gzip(request: httpx.Request, response: httpx.Response) -> bool:
    """Return True if the body is compressed because the client, not the author, asked for it."""
    asked = request.headers.get("Accept-Encoding") == "gzip"
    return (
        asked and request.method != "HEAD" and response.headers.get("Content-Encoding", "").lower() == "gzip"
    )


def without_encoding(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    """Return the response's headers without those that describe the compressed body."""
    gone = (b"content-encoding", b"content-length")
    return [pair for pair in response.headers.raw if pair[0].lower() not in gone]
