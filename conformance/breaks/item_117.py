"""The process answers otherwise than the harness."""

from plugin_sdk.messages import CheckHealthResult

ok = CheckHealthResult.ok
CheckHealthResult.ok = staticmethod(lambda message, **details: ok(message + "!", **details))
