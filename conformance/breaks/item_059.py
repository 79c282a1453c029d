"""Times are cut to seconds."""

from plugin_sdk import _from_proto

exact = _from_proto._time
_from_proto._time = lambda ms: exact(ms // 1000 * 1000)
