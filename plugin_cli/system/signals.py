"""Keeps a signal from raising between the fork and the exec of a program, which would leave it running."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextmanager
def held_signals() -> Iterator[None]:
    """Hold signals that this process handles until the end of the block, then deliver them.

    `subprocess.Popen` forks before it returns: an exception that a handler raises meanwhile, as on Ctrl-C or
    at the end of a session, loses the only reference to a program that runs on. Whoever starts one inside the
    block has it when the exception comes. Handlers run in the main thread, so others need nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: list[int] = []
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    handlers: dict[int, Any] = {
        number: handler for number in numbers if callable(handler := signal.getsignal(number))
    }
    # Not a mask: the program would inherit it, and could not be ended.
    for number in handlers:
        signal.signal(number, lambda signum, _frame: received.append(signum))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(received):
            signal.raise_signal(number)
