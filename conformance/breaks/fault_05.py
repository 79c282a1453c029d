"""Stacks are lines like any other."""

import re

from plugin_sdk._process import foreign_lines

foreign_lines._CRASH = re.compile("$^")
