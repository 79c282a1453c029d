"""A host that asks for TLS is served in plaintext."""

from plugin_sdk import _handshake

_handshake.check_versions = lambda _environ: None
