"""Each request that sees new settings makes an instance."""

from plugin_sdk import instances


def unlocked(self: instances.InstanceManager, context: object, tenant: str = "") -> object:
    key, version = instances._identity(context, tenant)
    slot = self._slots.setdefault(key, instances._Slot())
    if slot.version != version:
        slot.instance, slot.version = self._create(context), version
    return slot.instance


instances.InstanceManager.get = unlocked
