"""Everything is the plugin's fault."""

from plugin_sdk._serving.services import query_responses
from plugin_sdk.errors import ErrorSource

query_responses.source_of = lambda _error: ErrorSource.PLUGIN
