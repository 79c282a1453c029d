"""The process answers otherwise than the harness."""

from plugin_sdk.requests import CheckHealthResult

ok = CheckHealthResult.ok
CheckHealthResult.ok = staticmethod(lambda message, **details: ok(message + "!", **details))
