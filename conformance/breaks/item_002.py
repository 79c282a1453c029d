"""Any cookie will do."""

from plugin_sdk._process import handshake

handshake.check_cookie = lambda _environ: True
