"""The request that the running code serves, for what acts on its behalf: outgoing HTTP, caches, workers."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import NamedTuple

from plugin_sdk.context import PluginContext
from plugin_sdk.messages._request import never
from plugin_sdk.messages.headers import Headers


class CurrentRequest(NamedTuple):
    """What outgoing calls need to know of the request being served.

    Attributes:
        context: who sent it, and for which data source.
        headers: its headers.
        is_cancelled: returns True once the caller has disconnected.
    """

    context: PluginContext
    headers: Headers
    is_cancelled: Callable[[], bool]


NO_REQUEST = CurrentRequest(PluginContext(), Headers(), never)

_current: ContextVar[CurrentRequest] = ContextVar("current_request", default=NO_REQUEST)
set_current = _current.set
reset_current = _current.reset


def current_request() -> CurrentRequest:
    """Return the request being served; an empty one in background work and in tests without a server.

    It follows into async handlers and `asyncio.to_thread`; a thread of the author's own has none, unless it
    runs in `contextvars.copy_context()`.
    """
    return _current.get()
