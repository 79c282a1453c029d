"""An error may be empty."""

from plugin_sdk._services import responses

responses.text_of = str
