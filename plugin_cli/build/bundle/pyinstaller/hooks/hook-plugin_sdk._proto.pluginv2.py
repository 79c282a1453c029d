# The way without protobuf's compiled core is a third of a megabyte of Python, left out where the core serves.
from plugin_sdk._proto.pluginv2 import _from_core

try:
    _from_core()
    excludedimports = ["google.protobuf.descriptor_pool", "google.protobuf.message_factory"]
except (ImportError, AttributeError, TypeError):
    excludedimports = []
