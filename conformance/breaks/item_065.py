"""Hop-by-hop headers are passed on."""

from plugin_sdk._serving.services import resource

resource._HOP_BY_HOP = frozenset()
