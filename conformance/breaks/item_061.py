"""Each failure disposes again."""

from plugin_sdk import instances


def keep_the_old(self: instances.InstanceManager, slot: object, version: object, context: object) -> object:
    if slot.instance is not None and slot.version == version:
        return slot.instance
    if slot.instance is not None:
        self._retire(slot.instance)
    slot.instance = self._create(context)
    slot.version = version
    return slot.instance


instances.InstanceManager._renew = keep_the_old
instances.InstanceManager._dispose_retired = lambda self, key: self._dispose(self._retired[key])
