"""Wait for what another thread or process does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SECONDS = 60.0


def eventually(true: Callable[[], Any]) -> Any:
    """Wait until `true()` is truthy, and return its value."""
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert time.monotonic() < end, "did not come true in time"
        time.sleep(0.005)
    return found
