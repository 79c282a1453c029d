"""What the preview asks of a plugin's backend, in plain values, and the gRPC calls that answer it.

A call of the page goes in; what the backend of the moment answers, or why none does, comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from plugin_sdk.context import DataSourceInstanceSettings

Settings = DataSourceInstanceSettings[Any]


class BackendUnavailableError(Exception):
    """The backend is not running, or went away during the call; the message has the reason."""


class BackendCallError(Exception):
    """The backend answered a whole call with an error.

    Attributes:
        status: the HTTP status that Grafana makes of it.
    """

    def __init__(self, message: str, *, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Query:
    """One query of a request.

    Attributes:
        json: the whole query, as the page sent it.
    """

    ref_id: str
    query_type: str
    interval_ms: int
    max_data_points: int
    from_ms: int
    to_ms: int
    json: bytes


@dataclass(frozen=True)
class Answer:
    """The answer to one query: frames, each as the text of Grafana's JSON, or an error."""

    status: int
    frames: Sequence[str] = ()
    error: str = ""
    error_source: str = ""


@dataclass(frozen=True)
class Health:
    """The result of a health check; status is `OK`, `ERROR` or `UNKNOWN`."""

    status: str
    message: str
    details: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ResourceCall:
    """An HTTP request below `.../resources/`; `url` is the encoded path with its query string."""

    method: str
    path: str
    url: str
    headers: Mapping[str, Sequence[str]]
    body: bytes


@dataclass(frozen=True)
class ResourcePart:
    """The first part of an answer carries status and headers, later ones only a body."""

    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Subscription:
    """Whether a channel may be opened (`OK`, `NOT_FOUND`, `PERMISSION_DENIED`) and what it shows first."""

    status: str
    initial: bytes = b""


@dataclass
class Cancel:
    """Lets the caller cancel: what the bridge registers runs at most once."""

    requested: bool = False
    _actions: list[Any] = field(default_factory=list)

    def on_cancel(self, action: Any) -> None:
        """Have `action()` called when the caller goes; at once if it has gone."""
        self._actions.append(action)
        if self.requested:
            self.cancel()

    def cancel(self) -> None:
        """Cancel: the response is no longer needed."""
        self.requested = True
        while self._actions:
            self._actions.pop()()


class Bridge(Protocol):
    """A backend that may restart while the preview lives; every method blocks and is called on a thread.

    All of them raise BackendUnavailableError or BackendCallError.
    """

    def check_health(self, settings: Settings, headers: Mapping[str, str]) -> Health:
        """Ask the data source whether it works."""
        ...

    def query_data(
        self, settings: Settings, queries: Sequence[Query], headers: Mapping[str, str], cancel: Cancel
    ) -> Mapping[str, Answer]:
        """Run the queries of one request; the answers by ref_id."""
        ...

    def call_resource(
        self, settings: Settings, resource: ResourceCall, cancel: Cancel
    ) -> Iterator[ResourcePart]:
        """Hand an HTTP request to the plugin and yield its answer as it comes."""
        ...

    def subscribe_stream(self, settings: Settings, path: str) -> Subscription:
        """Ask whether a channel may be opened."""
        ...

    def run_stream(self, settings: Settings, path: str, cancel: Cancel) -> Iterator[bytes]:
        """Yield the packets of a channel until it ends or `cancel` is called."""
        ...

    def collect_metrics(self) -> bytes:
        """Return the backend's metrics in Prometheus' text format."""
        ...
