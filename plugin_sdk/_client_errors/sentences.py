"""What viewers read of an HTTP or gRPC service's refusal in place of the library's own text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugin_sdk._client_errors.codes import OWN_CODES

# Services of AWS answer 400 to most of what is wrong, and say in a code what it was.
_AWS = {
    401: (
        "ExpiredToken",
        "InvalidClientTokenId",
        "UnrecognizedClient",
        "SignatureDoesNotMatch",
        "AuthFailure",
        "InvalidSignature",
    ),
    403: ("AccessDenied", "Unauthorized", "NotAuthorized"),
    429: ("Throttl", "TooManyRequests", "RequestLimitExceeded", "SlowDown", "LimitExceeded"),
}


def answered_status(error: BaseException) -> int | None:
    """Return the status of the HTTP response for which a client raised the error."""
    if type(error.__cause__).__module__ == "aiohttp.http_exceptions":
        return None  # a response that cannot be read: the status is aiohttp's own
    said = _aws_error(error).get("Code", "")
    for status, starts in _AWS.items():
        if any(start in said for start in starts):
            return status
    own_codes = type(error).__module__.partition(".")[0] in OWN_CODES
    for holder in _holders(error):
        for name in ("status_code", "status", "http_status", "errcode", "code"):
            value = None if own_codes and name == "code" else getattr(holder, name, None)
            if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
                return int(value)
    return None


def _aws_error(error: BaseException) -> dict[str, str]:
    response = getattr(error, "response", None)
    found = response.get("Error") if isinstance(response, dict) else None
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _holders(error: BaseException) -> Iterator[Any]:
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # botocore's
        yield _Answer(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    elif response is not None:  # not `if response`: a failed response of requests is falsy
        yield response
    yield error
    meta = getattr(error, "meta", None)  # Elasticsearch's
    if meta is not None:
        yield meta


class _Answer:
    def __init__(self, status: Any) -> None:
        self.status = status


def sentence(error: BaseException, status: int) -> str:
    """Return a text for viewers on a service's refusal; the library's own text contains a URL."""
    from http import HTTPStatus

    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    host = _host_of(error)
    service = f"the service {host}" if host else "the service"
    if status in (401, 407):
        return f"{service} refused the login ({phrase}); check the credentials in the data source's settings"
    if status == 403:
        return f"{service} refused access ({phrase}); check what the data source's credentials may do"
    if status == 429:
        return (
            f"{service} accepts no more requests for now ({phrase}); try again later, or send fewer requests"
        )
    said = _aws_error(error)
    reason = ": ".join(said[key] for key in ("Code", "Message") if said.get(key))
    return f"{service} responded {phrase}" + (f" ({reason})" if reason else "")


def _host_of(error: BaseException) -> str:
    from urllib.parse import urlsplit

    for holder in (*_holders(error), getattr(error, "request_info", None)):
        for name in ("url", "real_url", "request"):
            try:  # httpx raises if an error has no request
                value = getattr(holder, name, None)
                address = str(getattr(value, "url", value) or "")
                host = urlsplit(address).hostname if "://" in address else ""
            except (ValueError, RuntimeError):
                continue
            if host:
                return host
    return ""


def own_text(error: BaseException) -> str:
    """Return the words of a gRPC service, whose client prints them on lines of its own; else nothing."""
    code, details = getattr(error, "code", None), getattr(error, "details", None)
    if type(error).__module__.partition(".")[0] != "grpc" or not callable(code) or not callable(details):
        return ""
    name = getattr(code(), "name", "") or "an unknown status"
    return f"the service answered {name}" + (f": {details()}" if details() else "")
