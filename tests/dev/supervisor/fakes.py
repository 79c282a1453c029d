"""Backend processes without a process: they say their name, and may be made to think about it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from plugin_cli.calls.launch import BackendKind, LaunchSpec
from plugin_cli.session.backend_record import BackendStatus
from plugin_sdk import pluginv2
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


class FakeChannel:
    """The connection to a process: a health check is answered with its name, once `answer` is set."""

    def __init__(self, process: FakeProcess) -> None:
        self.process = process

    def unary_unary(self, method: str, serialize: object, deserialize: Callable[[bytes], Any]) -> FakeChannel:
        assert method == "/pluginv2.Diagnostics/CheckHealth"
        return self

    def future(self, request: object) -> FakeChannel:
        self.process.called.set()
        return self

    def result(self) -> pluginv2.CheckHealthResponse:
        assert self.process.answer.wait(20)
        return pluginv2.CheckHealthResponse(status=pluginv2.CheckHealthResponse.OK, message=self.process.name)

    def close(self) -> None:
        pass
