"""Large answers are refused."""

from plugin_sdk import _server

limits = dict(_server._OPTIONS) | {"grpc.max_send_message_length": 1024 * 1024}
_server._OPTIONS = tuple(limits.items())
