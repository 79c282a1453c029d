"""The base of the requests of all services."""

from __future__ import annotations

from collections.abc import Callable

from plugin_sdk.context import PluginContext
from plugin_sdk.messages.headers import Headers


class Request:
    """What all requests share: context, headers, and whether the caller is still connected."""

    __slots__ = ()
    context: PluginContext
    headers: Headers
    is_cancelled: Callable[[], bool]

    @property
    def cancelled(self) -> bool:
        """True once the caller has disconnected (the user left the dashboard, an alert timed out)."""
        return self.is_cancelled()


def never() -> bool:
    """Return False: a request created by hand has no caller that could disconnect."""
    return False
