"""Others write to Grafana's pipe themselves."""

from plugin_sdk._process import stderr


def direct(self: stderr.Stderr) -> None:
    self.real, self._alive = 2, -1


stderr.Stderr.__init__ = direct
