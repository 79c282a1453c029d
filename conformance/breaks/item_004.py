"""A host that asks for TLS is served in plaintext."""

from plugin_sdk._process import handshake

handshake.check_versions = lambda _environ: None
