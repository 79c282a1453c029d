"""It reads from stdin."""

import os

os.read(0, 3)
