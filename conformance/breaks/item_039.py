"""Flags are not looked at."""

from plugin_sdk._process import flags

flags.answer_flags = lambda _arguments, _target: None
