"""Errors with a source and a status, and how any exception is classified.

Grafana distinguishes errors of the plugin (the plugin needs a fix) from downstream errors (the fault lies
with the system behind the data source): its operators are alerted to the first but not to the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum


class ErrorSource(StrEnum):
    """Who is at fault (Go SDK: `backend.ErrorSource`)."""

    PLUGIN = "plugin"
    DOWNSTREAM = "downstream"


class PluginError(Exception):
    """A deliberate error of a handler: its text is shown to the user unchanged.

    Args:
        message: what the user of the dashboard reads.
        status: the HTTP status, 100 to 599; 500 unless given.
        source: who is at fault; the plugin unless given.

    In the Go SDK: `backend.NewErrorWithSource`.
    """

    default_source = ErrorSource.PLUGIN

    def __init__(self, message: str, *, status: int | None = None, source: ErrorSource | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.source = source or self.default_source


class DownstreamError(PluginError):
    """The system behind the data source failed or refused (Go SDK: `backend.DownstreamError`)."""

    default_source = ErrorSource.DOWNSTREAM


class LoadError(Exception):
    """The author's code cannot be loaded; the text is the reason that users of the plugin read.

    A plugin's module may raise it, with a reason that should be shown unchanged.
    """


_PLUGIN_STATUSES = frozenset({405, 406, 412, 413, 414, 416, 417, 426, 431, 501})


def source_of_http_status(status: int) -> ErrorSource:
    """Return who is at fault when a downstream system responds with this HTTP status.

    A few statuses mean that the plugin sent a wrong request (405, 413, ...).
    Go SDK: `backend.ErrorSourceFromHTTPStatus`.
    """
    return ErrorSource.PLUGIN if status in _PLUGIN_STATUSES else ErrorSource.DOWNSTREAM


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _is_cancellation(error: BaseException) -> bool:
    # asyncio and concurrent.futures each define one; neither is imported just for this check.
    return type(error).__name__ == "CancelledError"


_UNREACHABLE = {
    ("urllib.error", "URLError"),
    ("socket", "gaierror"),
    ("ssl", "SSLCertVerificationError"),
}


def _is_transport_error(error: BaseException) -> bool:
    """Return True if httpx, requests, aiohttp or urllib could not reach the server, DNS and TLS included."""
    for cls in type(error).__mro__:
        if cls.__module__.partition(".")[0] in {"httpx", "httpcore"} and cls.__name__ in {
            "TransportError",
            "NetworkError",
        }:
            return True
        if cls.__module__.startswith(("requests.", "aiohttp.")) and "Connection" in cls.__name__:
            return True
        if (cls.__module__, cls.__name__) in _UNREACHABLE:
            return True
    return False


def _http_status(error: BaseException) -> int | None:
    """Return the status of a response that an HTTP library raised for (httpx, requests, aiohttp, urllib)."""
    if type(error).__module__.partition(".")[0] not in {"httpx", "requests", "aiohttp", "urllib"}:
        return None
    response = getattr(error, "response", None)
    holder = error if response is None else response  # not `or`: a failed response of requests is falsy
    for name in ("status_code", "status", "code"):
        status = getattr(holder, name, None)
        if isinstance(status, int):
            return int(status)
    return None


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def source_of(error: BaseException) -> ErrorSource:
    """Return who is at fault: the source of a `PluginError` in the chain, otherwise by the kind of error.

    Timeouts, cancellations, failed connections and most HTTP errors are downstream; anything else is an error
    of the plugin.
    """
    for link in _chain(error):
        if isinstance(link, PluginError):
            return link.source
    for link in _chain(error):
        status = _http_status(link)
        if status is not None:
            return source_of_http_status(status)
        if _is_timeout(link) or _is_cancellation(link) or isinstance(link, ConnectionError):
            return ErrorSource.DOWNSTREAM
        if _is_transport_error(link):
            return ErrorSource.DOWNSTREAM
    return ErrorSource.PLUGIN


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error: its own, otherwise 504, 401, 502 or 500 by its kind."""
    for link in _chain(error):
        if isinstance(link, PluginError) and link.status is not None:
            return link.status
    for link in _chain(error):
        if _is_timeout(link):
            return 504
        if isinstance(link, PermissionError):
            return 401
        if isinstance(link, ConnectionError) or _is_transport_error(link):
            return 502
    return 500


def text_of(error: BaseException) -> str:
    """Return the text for the user; never empty, always encodable as UTF-8.

    Deliberate errors keep their text; others get their class name in front, because the text of
    `KeyError('x')` is just `'x'`.
    """
    text = str(error)
    if not isinstance(error, (PluginError, ValueError)) or not text:
        name = type(error).__name__
        text = f"{name}: {text}" if text else name
    return clean_text(text + _location(error))


_include_locations = False


def include_locations() -> None:
    """From now on, include the author's file and line in the text of errors that were not deliberate.

    For a backend that runs from source, where the reader of the error can fix it.
    """
    global _include_locations
    _include_locations = True


def _location(error: BaseException) -> str:
    if not _include_locations or isinstance(error, PluginError):
        return ""
    from plugin_sdk._author_location import location_of

    location = location_of(error)
    return f" ({location})" if location else ""


def clean_text(text: str) -> str:
    """Return `text` with lone surrogates replaced, which protobuf refuses to encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
