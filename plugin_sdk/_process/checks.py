"""What the main thread checks once a second while a plugin serves."""

from __future__ import annotations

import os
import threading
from time import monotonic

from plugin_sdk import _log
from plugin_sdk._process.stderr import Stderr
from plugin_sdk._serving.pools import Pools
from plugin_sdk._serving.shared_state import SharedState
from plugin_sdk._serving.watch.heartbeat import Heartbeat
from plugin_sdk._serving.watch.hung_calls import WARN_SECONDS, HungCalls, end_seconds
from plugin_sdk._serving.watch.stacks import position_of


class Checks:
    """Checks everything whose failure would make calls wait for ever unnoticed.

    Args:
        state: the plugin being served.
        pools: of its server.
        stderr: its relay must be running.
        loading: the thread that starts the loader.
    """

    def __init__(self, state: SharedState, pools: Pools, stderr: Stderr, loading: threading.Thread) -> None:
        limit = end_seconds(os.environ)
        self._state = state
        self._stderr = stderr
        self._loading = loading
        self._began = monotonic()
        self._slow_load_named = False
        self._hung = HungCalls(pools, limit)
        self._heartbeat = Heartbeat(limit)

    def check(self) -> str:
        """Check everything once; return why the process must stop, or the empty string."""
        self._stderr.revive()
        return self._load() or self._hung.check() or self._heartbeat.check()

    def _load(self) -> str:
        loader = self._state.loader
        if loader.is_done():
            return ""
        thread = loader.thread or self._loading
        if not thread.is_alive() and not self._loading.is_alive() and not loader.is_done():
            return "the thread that loads the plugin's code has ended without a result"
        seconds = monotonic() - self._began
        if seconds > WARN_SECONDS and not self._slow_load_named:
            self._slow_load_named = True
            _log.log(
                "warn",
                f"the plugin's code has been loading for {seconds:.0f} s, and every call waits for it; "
                f"it is at {position_of(thread.ident)}",
            )
        return ""
