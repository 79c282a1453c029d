"""Releases in a forked child what belongs to the plugin: signals, descriptors, locks.

multiprocessing and `os.fork` copy the whole process. The copy would ignore the signals that should stop it,
keep open the pipes by whose end Grafana sees that the plugin has gone, and serve on its connections.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Callable, Sequence

from plugin_sdk import _log
from plugin_sdk._process.listening import own_address
from plugin_sdk._process.relay import open_descriptors
from plugin_sdk._secrets import StruckStream
from plugin_sdk._serving import async_bridge, forked

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_GRACE_SECONDS = 2.0
"""How long a child's own SIGTERM handler may take once the plugin has ended."""


class ForkGuard:
    """Cleans up in every child that is forked from now on, and stops those that outlive the plugin.

    Args:
        ours: returns the descriptors that only the plugin itself may keep.
        address: the server's own address, a path or `host:port`.
    """

    def __init__(self, ours: Callable[[], Sequence[int]], address: str) -> None:
        self._ours = ours
        self._address = address
        # Only the plugin keeps the second end: at the end of the stream the plugin has gone.
        self._gone, self._alive = os.pipe()
        self._masks = threading.local()

    def install(self) -> None:
        """Register with the interpreter; on Windows there is no fork."""
        if sys.platform != "win32":
            os.register_at_fork(
                before=self._block, after_in_parent=self._unblock, after_in_child=self._clean_up
            )

    def _block(self) -> None:
        # A child that is stopped right after its start must not lose the signal to the inherited handler.
        if sys.platform != "win32":
            self._masks.old = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def _unblock(self) -> None:
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_SETMASK, self._masks.old)

    def _clean_up(self) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        forked.is_child = True
        _forget_pool_threads()
        _reopen_streams()
        _log.forked()
        async_bridge.forget_loop()
        for descriptor in (*self._ours(), *self._connections(), self._alive):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._ours, self._alive = tuple, -1
        self._unblock()
        with contextlib.suppress(RuntimeError):
            threading.Thread(target=self._end_with_plugin, name="plugin-watch", daemon=True).start()

    def _end_with_plugin(self) -> None:
        with contextlib.suppress(OSError):
            os.read(self._gone, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_SECONDS)
        os._exit(1)

    def _connections(self) -> list[int]:
        """Return the server's sockets, which are those with its address."""
        found = []
        for descriptor in open_descriptors():
            with contextlib.suppress(OSError):
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode) and own_address(descriptor) == self._address:
                    found.append(descriptor)
        return found


def _forget_pool_threads() -> None:
    """Keep the child's exit from joining threads of the pools, which it does not have, and its own."""
    import concurrent.futures.thread as module

    getattr(module, "_threads_queues", {}).clear()


def _reopen_streams() -> None:
    """Give the child streams of its own; what the author put in their stead stays."""
    for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
        if isinstance(stream, StruckStream):
            with contextlib.suppress(OSError):  # closed
                stream.reopen(descriptor)


def end_children() -> None:
    """Terminate the children of multiprocessing, as the interpreter does on exit."""
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return
    for child in module.active_children():
        with contextlib.suppress(Exception):
            child.terminate()
