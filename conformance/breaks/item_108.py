"""A wrapper survives the plugin."""

import os
import time

if os.fork():
    time.sleep(3600)
