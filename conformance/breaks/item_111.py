"""Large answers are refused."""

from plugin_sdk._serving import server

limits = dict(server._OPTIONS) | {"grpc.max_send_message_length": 1024 * 1024}
server._OPTIONS = tuple(limits.items())
