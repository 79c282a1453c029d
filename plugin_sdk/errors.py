"""Errors with a source and a status, and how any exception is classified.

Grafana distinguishes errors of the plugin (the plugin needs a fix) from downstream errors (the fault lies
with the system behind the data source): its operators are alerted to the first but not to the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from plugin_sdk import _client_errors, _secrets


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
        yield single(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _is_cancellation(error: BaseException) -> bool:
    # asyncio and concurrent.futures each define one; neither is imported just for this check.
    return type(error).__name__ == "CancelledError"


def _leaves(error: BaseException) -> list[BaseException]:
    """Return the errors in an exception group and its nested groups, or just the error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for part in error.exceptions for leaf in _leaves(part)]


def single(error: BaseException) -> BaseException:
    """Return the error that an exception group stands for: the deliberate one, or the only one.

    Tasks that were cancelled because another failed do not count.
    """
    leaves = _leaves(error)
    failed = [leaf for leaf in leaves if not _is_cancellation(leaf)] or leaves
    meant = [leaf for leaf in failed if isinstance(leaf, PluginError)]
    for found in (meant, failed):
        if len(found) == 1:
            return found[0]
    return error


def is_deliberate(error: BaseException) -> bool:
    """Return True if the error is deliberate, so that its text is for the user."""
    return isinstance(single(error), PluginError)


def source_of(error: BaseException) -> ErrorSource:
    """Return who is at fault: the source of a `PluginError` in the chain, otherwise by the kind of error.

    Timeouts, cancellations, failed connections, and errors of client libraries are downstream, except for
    HTTP statuses that mean a wrong request; anything else is an error of the plugin. In a group, an error of
    the plugin takes precedence.
    """
    error = single(error)
    if isinstance(error, BaseExceptionGroup):
        sources = {source_of(leaf) for leaf in _leaves(error)}
        return ErrorSource.PLUGIN if ErrorSource.PLUGIN in sources else ErrorSource.DOWNSTREAM
    for link in _chain(error):
        if isinstance(link, PluginError):
            return link.source
    for link in _chain(error):
        if isinstance(link, BaseExceptionGroup):
            return source_of(link)
        if _client_errors.is_misuse(link):
            return ErrorSource.PLUGIN
        kind = _client_errors.kind_of(link)
        if kind is not None:
            return source_of_http_status(kind[0]) if kind[1] else ErrorSource.DOWNSTREAM
        if _client_errors.is_timeout(link) or _is_cancellation(link) or isinstance(link, ConnectionError):
            return ErrorSource.DOWNSTREAM
    return ErrorSource.PLUGIN


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error: its own, that of the service, otherwise one by its kind."""
    error = single(error)
    if isinstance(error, BaseExceptionGroup):
        return status_of(_leaves(error)[0])
    for link in _chain(error):
        if isinstance(link, PluginError) and link.status is not None:
            return link.status
    for link in _chain(error):
        if isinstance(link, BaseExceptionGroup):
            return status_of(link)
        if _client_errors.is_misuse(link):
            return 500
        if _client_errors.is_timeout(link):
            return 504
        if isinstance(link, PermissionError):
            return 401
        kind = _client_errors.kind_of(link)
        if kind is not None:
            is_plugins = kind[1] and source_of_http_status(kind[0]) is ErrorSource.PLUGIN
            return 500 if is_plugins else kind[0]
        if isinstance(link, ConnectionError):
            return 502
    return 500


def text_of(error: BaseException) -> str:
    """Return the text for the user; never empty, without secrets, always encodable as UTF-8.

    Deliberate errors keep their text, a service's refusal becomes a sentence, and others get their class name
    in front, because the text of `KeyError('x')` is just `'x'`.
    """
    error = single(error)
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(dict.fromkeys(text_of(leaf) for leaf in _leaves(error)[:_MOST_TEXTS]))
    return clean_text(_sentence(error) + _location(error))


_MOST_TEXTS = 3


def _sentence(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, PluginError) and text:
        return text
    answered = _client_errors.kind_of(error)
    if answered is not None and answered[1]:
        return _client_errors.sentence(error, answered[0])
    if words := _client_errors.own_text(error):
        return words
    if not isinstance(error, (PluginError, ValueError)) or not text:
        name = type(error).__name__
        text = f"{name}: {text}" if text else name
    return text


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
    """Return `text` without secrets, and with lone surrogates replaced, which protobuf refuses to encode."""
    text = _secrets.strike(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
