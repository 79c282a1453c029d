"""Of the user only the login arrives."""

from plugin_sdk._serving import proto_in
from plugin_sdk.context import User

proto_in._user = lambda message: User(message.login)
