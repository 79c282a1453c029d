"""For authors' tests: a plugin in the test's own process, or one started as Grafana starts it.

Examples:
    >>> from plugin_sdk.testing import in_process, settings
    >>> with in_process(Weather) as plugin:
    ...     result = plugin.query_data([{"refId": "A", "station": "berlin"}], settings({"url": ""}))
    ...     frame = result["A"].frames[0]
"""

from __future__ import annotations

from plugin_sdk.client import (
    ClientError,
    LogLine,
    PluginClient,
    PluginProcess,
    PluginStartError,
    QueryResult,
    last,
    settings,
)
from plugin_sdk.testing.in_process import in_process
from plugin_sdk.testing.suite import standard_suite

__all__ = [
    "ClientError",
    "LogLine",
    "PluginClient",
    "PluginProcess",
    "PluginStartError",
    "QueryResult",
    "in_process",
    "last",
    "settings",
    "standard_suite",
]
