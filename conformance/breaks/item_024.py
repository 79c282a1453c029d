"""Lines are as long as they are."""

from plugin_sdk import _log

_log.MAX_LINE_BYTES = 10**9
