"""Ctrl-C ends it."""

from plugin_sdk._process import main

main.Process._set_signals = lambda _self: None
