"""Errors are ASCII."""

from plugin_sdk._services import responses

responses.text_of = lambda error: str(error).encode("ascii", "replace").decode()
