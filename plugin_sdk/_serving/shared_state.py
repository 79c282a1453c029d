"""What all services of a plugin process share. It is loaded before the handshake, so it imports little."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_sdk._serving.channels import RunningChannels
from plugin_sdk._serving.loader import Loader

if TYPE_CHECKING:
    from plugin_sdk._serving.metrics import Metrics


class SharedState:
    """The loader, the metrics and the running channels of the plugin being served."""

    def __init__(self, target: str | type) -> None:
        self.metrics: Metrics | None = None
        self.channels = RunningChannels()
        self.loader = Loader(target, on_instances=self._instances_changed)

    def _instances_changed(self, count: int) -> None:
        if self.metrics is not None:
            self.metrics.instance_created(count)

    def close(self) -> None:
        """Dispose all instances."""
        plugin = self.loader.loaded()
        if plugin is not None:
            plugin.instances.close()
