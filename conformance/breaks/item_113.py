"""Errors are ASCII."""

from plugin_sdk._serving.services import responses

responses.text_of = lambda error: str(error).encode("ascii", "replace").decode()
