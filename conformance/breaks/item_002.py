"""Any cookie will do."""

from plugin_sdk import _handshake

_handshake.check_cookie = lambda _environ: True
