"""Of the user only the login arrives."""

from plugin_sdk import _from_proto
from plugin_sdk.context import User

_from_proto._user = lambda message: User(message.login)
