"""Flags are not looked at."""

from plugin_sdk import _flags

_flags.answer_flags = lambda _arguments, _target: None
