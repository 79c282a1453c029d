"""The message classes of Grafana's plugin protocol, `pluginv2`.

Plugins need none of them: handlers take and return the types of `plugin_sdk`. They are here for programs
that speak the protocol themselves, with a client of their own or with a field that the SDK does not offer.

Examples:
    >>> CheckHealthResponse(status=1, message="OK").message
    'OK'
"""

from plugin_sdk._proto.pluginv2 import *  # noqa: F403  # the names are those of the descriptor
