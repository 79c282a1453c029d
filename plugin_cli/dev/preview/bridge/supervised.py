"""The preview's bridge to the process that the supervisor runs; a call ends on the one it began on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from plugin_cli.dev.preview.bridge import BackendUnavailableError
from plugin_cli.dev.preview.bridge.grpc_calls import GrpcBridge
from plugin_cli.dev.supervisor.process import BackendProcess
from plugin_cli.session.backend_record import BackendStatus

_START_WAIT_SECONDS = 30.0
_DRAIN_SECONDS = 5.0


class SupervisedBridge(GrpcBridge):
    """A bridge that the supervisor points at one process after the other.

    Args:
        plugin_id: of the plugin.
    """

    def __init__(self, plugin_id: str) -> None:
        super().__init__(plugin_id)
        self._changed = threading.Condition()
        self._target: _Target | None = None
        self._targets: dict[BackendProcess, _Target] = {}
        self._problem = ""
        self._holding = True
        self._closed = False

    def hold(self) -> None:
        """Let new calls wait for the next process."""
        with self._changed:
            self._target, self._holding = None, True

    def point_at(self, process: BackendProcess) -> None:
        """Send new calls to `process`."""
        target = _Target(process)
        with self._changed:
            self._target, self._targets[process], self._holding = target, target, False
            self._changed.notify_all()

    def refuse(self, status: BackendStatus) -> None:
        """Answer calls with the reason."""
        with self._changed:
            self._target, self._holding, self._problem = None, False, status.reason
            self._changed.notify_all()

    def release(self, process: BackendProcess) -> None:
        """Wait for the calls on `process`, up to some seconds, and close the connection."""
        with self._changed:
            target = self._targets.pop(process)
            deadline = time.monotonic() + _DRAIN_SECONDS
            while target.uses and not self._closed and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
        target.channel.close()

    def close(self) -> None:
        """Refuse calls; those under way fail."""
        with self._changed:
            self._target, self._holding, self._closed = None, False, True
            self._problem = "the preview is ending"
            self._changed.notify_all()

    @contextmanager
    def _use_channel(self) -> Iterator[Any]:
        with self._changed:
            target = self._wait_for_target()
            # Counted before a replacement can find it unused and stop it.
            target.uses += 1
        try:
            yield target.channel
        finally:
            with self._changed:
                target.uses -= 1
                self._changed.notify_all()

    def _stream_channel(self) -> Any:
        return self._wait_for_target().channel

    def _wait_for_target(self) -> _Target:
        """Return the process of the moment; one that is just starting is waited for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._holding, _START_WAIT_SECONDS)
            if self._target is None:
                raise BackendUnavailableError(self._problem or "the backend is starting")
            return self._target


class _Target:
    """A connection to one process, and how many calls are on it."""

    def __init__(self, process: BackendProcess) -> None:
        import grpc

        from plugin_sdk.client import CHANNEL_OPTIONS

        self.channel: Any = grpc.insecure_channel(process.address, options=CHANNEL_OPTIONS)
        self.uses = 0
