"""The handler is not notified that the caller left."""

from plugin_sdk._serving import request_scope

request_scope.ActiveCall.is_cancelled = lambda _self: False
request_scope.ActiveCall.on_end = lambda _self, _callback: None
