"""What `check_health` returned, as Grafana can show it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from plugin_sdk import _log, _secrets
from plugin_sdk.errors import PluginError, clean_text, text_of
from plugin_sdk.messages import CheckHealthResult, HealthStatus, json_bytes

_EXPECTED = 'return CheckHealthResult.ok("...") or CheckHealthResult.error("...")'


def checked(result: Any) -> CheckHealthResult:
    """Return the result with a status and a text that can be sent.

    Raises:
        PluginError: it is something else; the text says what to return.
    """
    if inspect.isawaitable(result):
        if inspect.iscoroutine(result):
            result.close()
        raise PluginError("check_health returned a coroutine; make it async, or await the call in it")
    if not isinstance(result, CheckHealthResult):
        found = "None" if result is None else type(result).__name__
        raise PluginError(f"check_health returned {found}; {_EXPECTED}")
    return CheckHealthResult(_status(result.status), _text(result.message), result.details)


def _status(status: Any) -> HealthStatus:
    try:
        return HealthStatus[status.upper()] if isinstance(status, str) else HealthStatus(status)
    except (KeyError, ValueError) as error:
        known = ", ".join(f"HealthStatus.{one.name}" for one in HealthStatus)
        raise PluginError(f"check_health returned the status {status!r}; expected {known}") from error


def _text(message: Any) -> str:
    if isinstance(message, BaseException):
        return text_of(message)
    if isinstance(message, bytes):
        return clean_text(message.decode(errors="replace"))
    return "" if message is None else clean_text(str(message))


def details_of(result: CheckHealthResult) -> bytes:
    """Return the details as a JSON object; anything else is an error 500 in Grafana."""
    if result.details is None:
        return b""
    try:
        if not isinstance(result.details, Mapping):
            raise TypeError(f"expected a dict, found {type(result.details).__name__}")
        return json.dumps(_secrets.strike_all(json.loads(json_bytes(dict(result.details))))).encode()
    except (ValueError, TypeError, RecursionError) as error:
        _log.log_exception("the details of check_health are not a JSON object and were omitted", error)
        return b""
