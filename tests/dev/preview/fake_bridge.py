"""A backend that answers from memory, typed against the preview's own boundary."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence

from plugin_cli.dev.preview.bridge import (
    Answer,
    BackendCallError,
    BackendUnavailableError,
    Cancel,
    Health,
    Query,
    ResourceCall,
    ResourcePart,
    Settings,
    Subscription,
)

FRAME = {
    "schema": {"refId": "A", "fields": [{"name": "value", "type": "number"}]},
    "data": {"values": [[1.5]]},
}


class FakeBridge:
    """Answers what the test set, and keeps what it was asked."""

    def __init__(self) -> None:
        self.health = Health("OK", "fine")
        self.answers: Mapping[str, Answer] = {}
        self.parts: Sequence[ResourcePart] = ()
        self.packets: Sequence[bytes] = ()
        self.subscription = Subscription("OK")
        self.failure: Exception | None = None
        self.settings: Settings | None = None
        self.queries: Sequence[Query] = ()
        self.resource: dict[str, object] = {}
        self.hang = threading.Event()
        self.cancelled = threading.Event()
        self.hanging = False
        self.runs = 0

    def _called(self, settings: Settings) -> None:
        self.settings = settings
        if self.failure is not None:
            raise self.failure

    def check_health(self, settings: Settings, headers: Mapping[str, str]) -> Health:
        self._called(settings)
        return self.health

    def query_data(
        self, settings: Settings, queries: Sequence[Query], headers: Mapping[str, str], cancel: Cancel
    ) -> Mapping[str, Answer]:
        self._called(settings)
        self.queries = queries
        if self.hanging:
            cancel.on_cancel(self.cancelled.set)
            cancel.on_cancel(self.hang.set)
            self.hang.wait(30)
        return self.answers

    def call_resource(
        self, settings: Settings, resource: ResourceCall, cancel: Cancel
    ) -> Iterator[ResourcePart]:
        self._called(settings)
        self.resource = vars(resource)
        yield from self.parts

    def subscribe_stream(self, settings: Settings, path: str) -> Subscription:
        self._called(settings)
        return self.subscription

    def run_stream(self, settings: Settings, path: str, cancel: Cancel) -> Iterator[bytes]:
        self._called(settings)
        self.runs += 1
        stopped = threading.Event()
        cancel.on_cancel(stopped.set)
        cancel.on_cancel(self.cancelled.set)
        yield from self.packets
        stopped.wait(30)

    def collect_metrics(self) -> bytes:
        return b"up 1\n"

    def backend(self) -> dict[str, object]:
        return {"mode": "source", "running": self.failure is None, "message": str(self.failure or "")}


def unavailable(text: str = "it crashed") -> Exception:
    return BackendUnavailableError(text)


def call_error(text: str, status: int) -> Exception:
    return BackendCallError(text, status=status)


def json_lines(text: str) -> list[object]:
    return [
        json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")
    ]
