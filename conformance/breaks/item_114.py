"""A frame without fields has no bytes."""

from plugin_sdk._serving.services import responses

encoded = responses._encoded
responses._encoded = lambda frame, ref_id, as_json: encoded(frame, ref_id, as_json) if frame.fields else b""
