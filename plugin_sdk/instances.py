"""Keeps one instance for each configured data source, replaced when its settings change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from plugin_sdk.context import PluginContext

T = TypeVar("T")

DISPOSE_AFTER_SECONDS = 5.0
"""How long a replaced instance remains usable by requests that already have it; as in the Go SDK."""


@dataclass
class _Slot(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: tuple[Any, ...] | None = None
    instance: T | None = None


class InstanceManager(Generic[T]):
    """Keeps the instances (Go SDK: `instancemgmt.InstanceManager`).

    A slow or failing creation delays only its own data source, and concurrent requests create one instance
    together. A replaced instance is disposed once, a few seconds later. If the creation of its successor
    fails, the old instance is not used any more and the next request tries again.

    Args:
        create: creates the instance for a context; its exceptions reach the caller.
        dispose: releases what an instance holds; its exceptions are logged.
        changed: called with the number of active instances each time one is created.
    """

    def __init__(
        self,
        create: Callable[[PluginContext], T],
        dispose: Callable[[T], None],
        changed: Callable[[int], None] = lambda _count: None,
        dispose_after_seconds: float = DISPOSE_AFTER_SECONDS,
    ) -> None:
        self._create = create
        self._dispose = dispose
        self._changed = changed
        self._dispose_after = dispose_after_seconds
        self._slots: dict[tuple[Any, ...], _Slot[T]] = {}
        self._lock = threading.Lock()
        self._retired: dict[int, T] = {}

    def get(self, context: PluginContext, tenant: str = "") -> T:
        """Return the instance of the data source (or app) that `context` names.

        Raises:
            Exception: whatever its creation raised.
        """
        key, version = _identity(context, tenant)
        slot = self._slots.get(key)
        if slot is None:
            with self._lock:
                slot = self._slots.setdefault(key, _Slot())
        instance = slot.instance
        if instance is not None and slot.version == version:
            return instance
        with slot.lock:
            return self._renew(slot, version, context)

    def _renew(self, slot: _Slot[T], version: tuple[Any, ...], context: PluginContext) -> T:
        if slot.instance is not None and slot.version == version:
            return slot.instance
        if slot.version is not None and slot.version[0] > version[0] and slot.instance is not None:
            # This request was sent before the change but arrived after it: it must not restore the old
            # settings.
            return slot.instance
        old, slot.instance, slot.version = slot.instance, None, None
        if old is not None:
            self._retire(old)
        new = self._create(context)
        slot.version, slot.instance = version, new
        self._changed(self.count())
        return new

    def count(self) -> int:
        """Return the number of active instances."""
        return sum(slot.instance is not None for slot in list(self._slots.values()))

    def _retire(self, instance: T) -> None:
        with self._lock:
            self._retired[id(instance)] = instance
        timer = threading.Timer(self._dispose_after, self._dispose_retired, [id(instance)])
        timer.daemon = True
        timer.start()

    def _dispose_retired(self, key: int) -> None:
        with self._lock:
            instance = self._retired.pop(key, None)
        if instance is not None:
            self._dispose(instance)

    def close(self) -> None:
        """Dispose all instances immediately, replaced ones included, because the plugin stops."""
        with self._lock:
            active = [slot.instance for slot in self._slots.values() if slot.instance is not None]
            active += self._retired.values()
            self._slots.clear()
            self._retired.clear()
        for instance in active:
            self._dispose(instance)


def _identity(context: PluginContext, tenant: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the key of an instance, and the version that must be equal for it to be current.

    Secure-proxy settings of Grafana's configuration are part of the key: connections go through the proxy.
    """
    config: Mapping[str, str] = context.grafana_config
    proxy = tuple(sorted(item for item in config.items() if item[0].startswith("GF_SECURE_SOCKS_")))
    source = context.data_source_instance_settings
    app = context.app_instance_settings
    settings = source or app
    if settings is None:
        from plugin_sdk.errors import PluginError

        raise PluginError(
            "the request names no data source: its plugin context holds no instance settings", status=400
        )
    # An app has one instance per organisation; a data source has an id.
    number = ("ds", source.id, source.uid) if source is not None else ("app", context.org_id, "")
    return (*number, tenant, proxy), (settings.updated, tuple(sorted(config.items())))
