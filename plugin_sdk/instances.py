"""Keeps one instance for each configured data source, replaced when its settings change."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

from plugin_sdk.context import PluginContext

T = TypeVar("T")

DISPOSE_AFTER_SECONDS = 5.0
"""How long a replaced instance remains usable by requests that already have it; as in the Go SDK."""


OVERTAKEN_SECONDS = 2.0
"""How long after a change a request with different but not newer settings counts as sent before it.

Later, such settings are a change too: `updated` goes back if a clock is set back or a backup is restored, and
does not change between two changes within one second of the database.
"""


class _Version(NamedTuple):
    """What an instance was created from; it is current as long as all of that is equal."""

    updated: datetime
    config: Mapping[str, str]
    settings: tuple[Any, ...]


@dataclass
class _Slot(Generic[T]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: _Version | None = None
    replaced: _Version | None = None
    since: float = 0.0
    instance: T | None = None

    def is_overtaken(self, version: _Version) -> bool:
        """Return True if a request with this version was probably sent before the last change."""
        current = self.version
        if current is None or self.instance is None:
            return False
        if version.updated > current.updated and version != self.replaced:
            return False
        if version.updated == current.updated and version.config != current.config:
            return False
        return monotonic() - self.since < OVERTAKEN_SECONDS


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
        self._retired: dict[int, tuple[float, T]] = {}

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

    def running(self, context: PluginContext) -> T | None:
        """Return the newest instance of the data source with the settings of `context`, of any tenant.

        For a call from a shell beside a running session: a data source that keeps state has it there.
        """
        key, version = _identity(context, "")
        held = [
            slot
            for known, slot in list(self._slots.items())
            if known[0] == key[0] and known[2] == key[2] and slot.instance is not None
        ]
        same = [slot for slot in held if slot.version and _same_settings(slot.version, version)]
        return max(same, key=lambda slot: slot.since).instance if same else None

    def _renew(self, slot: _Slot[T], version: _Version, context: PluginContext) -> T:
        if slot.instance is not None and (slot.version == version or slot.is_overtaken(version)):
            return slot.instance
        old, slot.instance = slot.instance, None
        slot.replaced, slot.version = slot.version, None
        if old is not None:
            self._retire(old)
        new = self._create(context)
        slot.version, slot.instance, slot.since = version, new, monotonic()
        self._changed(self.count())
        return new

    def count(self) -> int:
        """Return the number of active instances."""
        return sum(slot.instance is not None for slot in list(self._slots.values()))

    def _retire(self, instance: T) -> None:
        with self._lock:
            self._retired[id(instance)] = (monotonic() + self._dispose_after, instance)
        timer = threading.Timer(self._dispose_after, self._dispose_retired)
        timer.daemon = True
        # Where no thread can be started, the next retirement or the end of the plugin disposes it.
        with contextlib.suppress(RuntimeError):
            timer.start()

    def _dispose_retired(self) -> None:
        """Dispose what was retired long enough ago, each once."""
        now = monotonic()
        with self._lock:
            due = [key for key, (at, _) in self._retired.items() if at <= now]
            instances = [self._retired.pop(key)[1] for key in due]
        for instance in instances:
            self._dispose(instance)

    def close(self) -> None:
        """Dispose all instances immediately, replaced ones included, because the plugin stops."""
        with self._lock:
            active = [slot.instance for slot in self._slots.values() if slot.instance is not None]
            active += [instance for _, instance in self._retired.values()]
            self._slots.clear()
            self._retired.clear()
        for instance in active:
            self._dispose(instance)


def _same_settings(one: _Version, other: _Version) -> bool:
    """Return True if the settings are equal, however they are written; names and times do not count."""
    (raw, secrets, *_), (other_raw, other_secrets, *_) = one.settings, other.settings
    return _decoded(raw) == _decoded(other_raw) and dict(secrets) == dict(other_secrets)


def _decoded(raw: bytes) -> Any:
    import json

    try:
        return json.loads(raw or b"{}")
    except ValueError:
        return raw


def _identity(context: PluginContext, tenant: str) -> tuple[tuple[Any, ...], _Version]:
    """Return the key of an instance, and the version that must be equal for it to be current.

    Secure-proxy settings of Grafana's configuration are part of the key: connections go through the proxy.
    """
    config = context.grafana_config.as_dict()
    proxy = tuple(sorted((key, config[key]) for key in config if key.startswith("GF_SECURE_SOCKS_")))
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
    content: tuple[Any, ...] = (settings.json_data_raw, settings.decrypted_secure_json_data)
    if source is not None:
        content += (source.name, source.url, source.user, source.database)
        content += (source.basic_auth_enabled, source.basic_auth_user)
    return (*number, tenant, proxy), _Version(settings.updated, config, content)
