"""The details are a list."""

from plugin_sdk._serving.services import diagnostics

diagnostics._details = lambda _result: b"[1]"
