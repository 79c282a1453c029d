"""An error may be empty."""

from plugin_sdk._serving.services import query_responses

query_responses.text_of = str
