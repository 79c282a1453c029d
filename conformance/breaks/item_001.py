"""It goes to a folder of its own choice."""

import os

os.chdir("/")
