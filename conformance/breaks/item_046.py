"""The details are left out."""

from plugin_sdk._serving import outcome

outcome.error_details = lambda *_: b""
