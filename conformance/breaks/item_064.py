"""Everything is forwarded."""

from plugin_sdk.requests import Headers

Headers.forwarded = lambda self: dict(self.raw)
