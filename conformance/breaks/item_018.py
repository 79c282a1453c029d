"""Logs are plain text."""

from plugin_sdk import _log

_log.encode = lambda level, message, _fields: f"[{level.upper()}] {message}\n".encode()
