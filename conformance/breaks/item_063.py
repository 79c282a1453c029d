"""Headers are found by their exact names only."""

from plugin_sdk.messages import Headers

Headers.__getitem__ = lambda self, name: self.raw[name]
