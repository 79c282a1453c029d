"""A blank line comes first."""

import os

os.write(1, b"\n")
