"""Requests are not counted."""

from plugin_sdk._serving import metrics

metrics.Metrics.count_request = lambda *_: None
