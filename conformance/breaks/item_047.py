"""Everything is the plugin's fault."""

from plugin_sdk._serving.services import responses
from plugin_sdk.errors import ErrorSource

responses.source_of = lambda _error: ErrorSource.PLUGIN
