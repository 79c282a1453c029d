"""One lock for all data sources."""

import threading

from plugin_sdk import instances

slot, lock = instances._Slot, threading.Lock()
instances._Slot = lambda: slot(lock=lock)
