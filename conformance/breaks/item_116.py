"""Levels in brackets are not looked at."""

import re

from plugin_sdk import _foreign_lines

_foreign_lines._LEVEL = re.compile("$^")
