"""None is taken for an empty answer."""

from plugin_sdk import _plugin

handler = _plugin.Instance.handler


def lenient(self: _plugin.Instance, name: str) -> object:
    call = handler(self, name)
    return lambda *arguments: call(*arguments) or {}


_plugin.Instance.handler = lenient
