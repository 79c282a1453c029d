"""Backend processes without a process: they say their name, and may be made to think about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from plugin_cli.calls.launch import BackendKind, LaunchSpec
from plugin_cli.dev.preview.bridge import Health
from plugin_cli.session.backend_record import BackendStatus
from plugin_sdk.testing import PluginStartError

SPEC = LaunchSpec(("backend",), {}, Path(), BackendKind.SOURCE)


class FakeProcess:
    """A process of the backend.

    Args:
        name: what its health check says.
        loaded: True, False, or None: it does not report it by itself.
        start_error: it does not start.
    """

    def __init__(
        self, name: str, *, loaded: bool | None = True, start_error: PluginStartError | None = None
    ) -> None:
        self.name = name
        self.spec = SPEC
        self.address = f"unix:/{name}"
        self.status = BackendStatus(self.address, loaded, "" if loaded is not False else f"{name} is broken")
        self.start_error = start_error
        self.alive = True
        self.called = threading.Event()
        self.answer = threading.Event()
        self.answer.set()
        self.stopped = threading.Event()
        self._listeners: list[Callable[[BackendStatus], None]] = []

    def check_health(self, settings: object, headers: object) -> Health:
        self.called.set()
        assert self.answer.wait(20)
        return Health("OK", self.name)

    def start(self) -> None:
        if self.start_error is not None:
            raise self.start_error

    def subscribe(self, listener: Callable[[BackendStatus], None]) -> None:
        self._listeners.append(listener)
        listener(self.status)

    def report(self, *, loaded: bool, reason: str = "") -> None:
        self.status = replace(self.status, loaded=loaded, reason=reason)
        for listener in self._listeners:
            listener(self.status)

    def wait_until_loaded(self, seconds: float) -> bool:
        return self.status.loaded is not None

    def schema(self, seconds: float) -> dict[str, Any]:
        return {"schema": {"name": self.name}}

    def running(self) -> bool:
        return self.alive

    def exit_code(self) -> int:
        return 7

    def stop(self) -> None:
        self.alive = False
        self.stopped.set()
