"""Errors are ASCII."""

from plugin_sdk._serving.services import query_responses

query_responses.text_of = lambda error: str(error).encode("ascii", "replace").decode()
