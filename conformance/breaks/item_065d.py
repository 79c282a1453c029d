"""Every packet carries the schema."""

from plugin_sdk._serving.services import stream

stream._frame_packet = lambda frame, _state: frame.to_json().encode()
