"""What every service of one plugin process shares. Light: it is loaded before the handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_sdk._serving.loader import Loader

if TYPE_CHECKING:
    from plugin_sdk._serving.metrics import Metrics


class SharedState:
    """The plugin being served: its loader, its metrics, and the end of the process."""

    def __init__(self, target: str | type) -> None:
        self.metrics: Metrics | None = None
        self.loader = Loader(target, on_instances=self._instances_changed)

    def _instances_changed(self, count: int) -> None:
        if self.metrics is not None:
            self.metrics.instance_created(count)

    def close(self) -> None:
        """Dispose all instances; their data sources are no longer served."""
        plugin = self.loader.loaded()
        if plugin is not None:
            plugin.instances.close()
