"""Nothing is disposed at the end."""

from plugin_sdk.instances import InstanceManager

InstanceManager.close = lambda _self: None
