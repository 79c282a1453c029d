"""It makes itself a PATH."""

import os

os.environ["PATH"] = "/usr/bin"
