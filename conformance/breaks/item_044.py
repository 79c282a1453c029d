"""An error may be empty."""

from plugin_sdk._serving.services import responses

responses.text_of = str
