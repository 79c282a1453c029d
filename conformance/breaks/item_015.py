"""The author's code is loaded before the handshake."""

import importlib
import os

importlib.import_module(
    os.environ.get("GF_PLUGIN_CONFORMANCE_CLASS", "conformance_plugin.full:").partition(":")[0]
)
