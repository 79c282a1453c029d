"""Others write to Grafana's pipe themselves."""

from plugin_sdk import _stderr


def direct(self: _stderr.Stderr) -> None:
    self.real, self._alive = 2, -1


_stderr.Stderr.__init__ = direct
