"""The base of the requests of all services."""

from __future__ import annotations

from collections.abc import Callable

from plugin_sdk.context import PluginContext
from plugin_sdk.messages.headers import Headers


class Request:
    """What every request carries: the context, the headers, and whether its caller is still there."""

    __slots__ = ()
    context: PluginContext
    headers: Headers
    is_cancelled: Callable[[], bool]

    @property
    def cancelled(self) -> bool:
        """True once the caller has gone (the user left the dashboard, an alert timed out)."""
        return self.is_cancelled()


def never() -> bool:
    """Say that the caller is still there: a request made by hand has none that could go."""
    return False
