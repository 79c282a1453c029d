"""None is taken for an empty answer."""

from plugin_sdk._serving import plugin

handler = plugin.Instance.handler


def lenient(self: plugin.Instance, name: str) -> object:
    call = handler(self, name)
    return lambda *arguments: call(*arguments) or {}


plugin.Instance.handler = lenient
