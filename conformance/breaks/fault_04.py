"""The interpreter changes threads as seldom as it likes."""

import sys

sys.setswitchinterval(0.05)
sys.setswitchinterval = lambda _seconds: None
