"""Nobody is told that the caller left."""

from plugin_sdk import _served

_served.Call.is_cancelled = lambda _self: False
_served.Call.on_end = lambda _self, _callback: None
