"""Exceptions are not logged."""

from plugin_sdk import _log

_log.log_exception = lambda *_, **__: None
