"""Whether this process is a child that a handler forked: then nothing of the plugin may go on in it."""

from __future__ import annotations

import os

from plugin_sdk import _log

is_child = False
"""Set in a forked child, where a handler must not return: the response is sent by the parent."""


def leave() -> None:
    """Stop a forked child that has returned from a handler, before it waits for a lock of a lost thread."""
    _log.log("error", "a child made by os.fork() returned from the handler; end it with os._exit()")
    os._exit(1)
