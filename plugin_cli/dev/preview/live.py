"""Grafana Live channels of the data source as server-sent events, each run once for all listeners."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable

from plugin_cli.dev.preview.bridge import BackendCallError, BackendUnavailableError, Bridge, Cancel, Settings
from plugin_cli.dev.preview.events import Channel, message
from plugin_cli.dev.preview.threads import Pools

# Grafana runs a stream that failed again after 100 ms, then doubles the pause up to 5 s.
_FIRST_PAUSE_SECONDS = 0.1
_LAST_PAUSE_SECONDS = 5.0


class Live:
    """All open channels; used on the event loop only, except for `close`."""

    def __init__(self, bridge: Bridge, settings: Callable[[], Settings], pools: Pools) -> None:
        self._bridge = bridge
        self._settings = settings
        self._pools = pools
        self._running: dict[str, _Run] = {}

    async def listen(self, path: str, initial: bytes) -> AsyncIterator[bytes]:
        """Yield the channel's events, the initial data first; the stream runs while it has a listener."""
        run = self._running.get(path)
        started = run is not None
        if run is None:
            run = self._running[path] = _Run(self._bridge, self._settings, path)
        run.waiting += 1
        try:
            # Before the stream runs: its first packets may carry what the later ones build on.
            listener = run.channel.subscribe()
            if not started:
                self._pools.streams.submit(run.work)
            if initial:
                yield message(initial)
            async for event in listener.messages():
                yield event
        finally:
            run.waiting -= 1
            if run.waiting == 0:
                run.stop()
                if self._running.get(path) is run:
                    del self._running[path]

    def restart(self) -> None:
        """Restart all channels, because the settings or the backend changed."""
        for run in list(self._running.values()):
            run.again()

    def close(self) -> None:
        """End all channels and their listeners."""
        for run in list(self._running.values()):
            run.stop()
            run.channel.close()


class _Run:
    """One channel that runs on a thread of its own."""

    def __init__(self, bridge: Bridge, settings: Callable[[], Settings], path: str) -> None:
        self.channel = Channel()
        self.waiting = 0
        self._bridge = bridge
        self._settings = settings
        self._path = path
        self._stopped = threading.Event()
        self._cancel = Cancel()

    def stop(self) -> None:
        self._stopped.set()
        self._cancel.cancel()

    def again(self) -> None:
        self._cancel.cancel()

    def work(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._stopped.is_set():
            self._cancel = cancel = Cancel()
            try:
                for packet in self._bridge.run_stream(self._settings(), self._path, cancel):
                    pause = _FIRST_PAUSE_SECONDS
                    self.channel.publish(message(packet))
                if not cancel.requested:
                    return self.channel.close()  # the plugin ended the stream
            except (BackendCallError, BackendUnavailableError) as error:
                if not cancel.requested:
                    self.channel.publish(message(str(error).encode(), "problem"))
                    self._stopped.wait(pause)
                    pause = min(pause * 2, _LAST_PAUSE_SECONDS)
        return None
