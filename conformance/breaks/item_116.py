"""Levels in brackets are not looked at."""

import re

from plugin_sdk._process import foreign_lines

foreign_lines._LEVEL = re.compile("$^")
