"""Timestamps have no fraction."""

from plugin_sdk import _log

_log._timestamp = lambda: "2026-01-01T00:00:00Z"
