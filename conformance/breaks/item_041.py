"""A running server is taken for dead."""

from plugin_sdk._process import standalone

standalone._alive = lambda _path: False
