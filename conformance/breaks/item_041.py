"""A running server is taken for dead."""

from plugin_sdk import _standalone

_standalone._alive = lambda _path: False
