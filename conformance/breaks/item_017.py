"""Nobody reads what is printed."""

from plugin_sdk import _stdout

_stdout.Stdout.drain = lambda _self, _listener: None
