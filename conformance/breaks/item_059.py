"""Times are cut to seconds."""

from plugin_sdk._serving import proto_in

exact = proto_in._time
proto_in._time = lambda ms: exact(ms // 1000 * 1000)
