"""Stacks are lines like any other."""

import re

from plugin_sdk import _foreign_lines

_foreign_lines._CRASH = re.compile("$^")
