"""Everything is forwarded."""

from plugin_sdk.messages import Headers

Headers.forwarded = lambda self: dict(self.raw)
