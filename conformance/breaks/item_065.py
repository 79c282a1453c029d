"""Hop-by-hop headers are passed on."""

from plugin_sdk._serving.services import resource_parts

resource_parts._HOP_BY_HOP = frozenset()
