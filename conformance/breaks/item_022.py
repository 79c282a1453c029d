"""NaN is written as Python writes it."""

import json

from plugin_sdk import _log

_log._plain = lambda value, *_: value
_log._dump = lambda entry: json.dumps(entry, default=str).encode()
