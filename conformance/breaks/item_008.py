"""The interpreter is named without its folder, as `env python3` leaves it."""

import sys

sys.executable = "python3"
