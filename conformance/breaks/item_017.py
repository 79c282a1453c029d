"""Nobody reads what is printed."""

from plugin_sdk._process import stdout

stdout.Stdout.drain = lambda _self, _listener: None
